import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  constantFloat32,
  float32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** Both sides of 64 lanes, and many turns of them. */
const SHAPES = [
  [1, 1],
  [3, 2],
  [4, 63],
  [2, 64],
  [3, 65],
  [2, 129],
  [1, 16_449],
  [300, 3],
  [0, 4],
] as const;

/** Published vectors of argmax. */
export function argmaxCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'argmax-cases');
  const of = (name: string, input: Tensor): OperatorCase => {
    return { name, call: { operator: 'argmax', inputs: [input] } };
  };
  const few = (count: number): number[] => Array.from({ length: count }, () => stream.nextBelow(3));
  const small = [...SUBNORMAL, 0, -0];
  return [
    ...SHAPES.map((shape) => of(`[${shape.join()}]`, randomFloat32(stream, { shape }))),
    of('equals in several lanes', float32Tensor([9, 200], few(1_800))),
    of('all equal', constantFloat32([3, 259], -7.25)),
    of('a unit in the last place apart', float32Tensor([1, 4], [1, 1 + 2 ** -23, 1, 1 - 2 ** -24])),
    of('the largest', float32Tensor([2, 3], [-3.4e38, 3.4e38, 3.3e38, -3.4e38, -3.3e38, -3.35e38])),
    of('subnormals', float32Tensor([2, small.length], [...small, ...small.map((x) => -x)])),
    of('NaN and infinity', special()),
  ];
}

function special(): Tensor {
  const rows = [
    [1, NaN, Infinity, NaN],
    [1, Infinity, 3, Infinity],
    [-Infinity, -Infinity, -Infinity, -Infinity],
    [-Infinity, -3e38, -Infinity, -3e38],
    [-0, 0, -0, 0],
    [-1, -0, 0, -0],
  ];
  return float32Tensor([6, 4], rows.flat());
}
