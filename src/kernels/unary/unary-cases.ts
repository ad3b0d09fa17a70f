import { randomStream } from '../../domain/random.ts';
import {
  constantFloat32,
  float32Tensor,
  randomFloat32,
  SPECIAL,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';
import type { UnaryOperator } from './unary.ts';

/**
 * Where exp overflows and underflows, tanh reaches 1, and series change over; where gelu and silu
 * are lowest, and where both end in zero.
 */
const BOUNDARIES = [
  88.72283, 88.72284, 88.8, 90, 200, 3e38, -87.33654, -87.4, -103.9, -104, -110, -3e38, 9, 9.01, 10,
  10.5, -9.01, 0.17, 0.175, 0.34657, 0.34658, 1e-3, 1e-5, -1e-5, 1e-20, 0.70710677, 0.7071068,
  1.4142135, 1.4142137, 0.99999994, 1.0000001, 2, 2e38, -1.28, -0.7518, -1.4, -3.7, -5.5, -9.9,
  -10.1, -10.6, -16, 16, -17, 17, -88, -100, -128, -129,
] as const;

/** Every power of two that is a normal number, and a number beside it. */
const POWERS = Array.from({ length: 254 }, (_, index) => 2 ** (index - 126) * (1 + 2 ** -20));
const negative = (x: number): number => -x;

/** Published vectors of a unary operator. */
export function unaryCases(operator: UnaryOperator): readonly OperatorCase[] {
  const stream = randomStream(1, `${operator}-cases`);
  const of = (name: string, input: ReturnType<typeof float32Tensor>): OperatorCase => ({
    name,
    call: { operator, inputs: [input] },
  });
  return [
    of('a scalar', randomFloat32(stream, { shape: [] })),
    of('none', randomFloat32(stream, { shape: [0, 3] })),
    of('[3,7]', randomFloat32(stream, { shape: [3, 7], low: -5, high: 5 })),
    of('[257]', randomFloat32(stream, { shape: [257], low: -90, high: 90 })),
    of('near zero', randomFloat32(stream, { shape: [64], low: -0.01, high: 0.01 })),
    of('near one', randomFloat32(stream, { shape: [64], low: 0.9, high: 1.1 })),
    of('boundaries', float32Tensor([BOUNDARIES.length], BOUNDARIES)),
    of('special numbers', float32Tensor([SPECIAL.length], SPECIAL)),
    of('subnormals', float32Tensor([SUBNORMAL.length], SUBNORMAL)),
    of('all exponents', float32Tensor([2, POWERS.length], [...POWERS, ...POWERS.map(negative)])),
    of('all equal', constantFloat32([5, 103], 0.7)),
    of('[1031]', randomFloat32(stream, { shape: [1_031], low: 1e-6, high: 40 })),
  ];
}
