import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  constantFloat32,
  float32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** Both sides of 64 lanes, and of 64 lanes' blocks of 256. */
const SHAPES = [
  [1, 1],
  [3, 2],
  [2, 5],
  [4, 63],
  [2, 64],
  [3, 65],
  [2, 1_031],
  [1, 16_384],
  [1, 16_449],
  [300, 3],
  [0, 4],
  [4, 0],
] as const;

/** Published vectors of rms-norm. */
export function rmsNormCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'rms-norm-cases');
  const of = (name: string, x: Tensor, by?: Tensor): OperatorCase => {
    const gain = by ?? randomFloat32(stream, { shape: [x.shape[1] ?? 0], low: 0.5, high: 2 });
    return { name, call: { operator: 'rms-norm', inputs: [x, gain] } };
  };
  const random = (shape: readonly number[], low: number, high: number): Tensor => {
    return randomFloat32(stream, { shape, low, high });
  };
  return [
    ...SHAPES.map((shape) => of(`[${shape.join()}]`, random(shape, -3, 3))),
    of('far from zero', random([3, 257], 1_000, 1_001)),
    of('close together', random([3, 70], -1e-4, 1e-4)),
    of('large numbers', random([3, 67], -(2 ** 50), 2 ** 50)),
    of('all equal', constantFloat32([3, 259], -7.25)),
    of('many equal numbers', constantFloat32([1, 50_000], 0.1)),
    of('subnormals', float32Tensor([2, SUBNORMAL.length / 2], SUBNORMAL)),
    of('NaN and infinity', special()),
    of(
      'gains that are no numbers',
      random([2, 4], 1, 2),
      float32Tensor([4], [1, NaN, 0, Infinity]),
    ),
  ];
}

function special(): Tensor {
  const rows = [
    [1, NaN, 3, -2, 5],
    [1, 2, 3, 4, Infinity],
    [1, 2, 3, 4, 5],
    [-Infinity, Infinity, 0, 0, 0],
    [-0, 0, -0, 0, -0],
  ];
  return float32Tensor([5, 5], rows.flat());
}
