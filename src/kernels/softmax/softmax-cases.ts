import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  constantFloat32,
  float32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** Both sides of a vector's 4, of 64 lanes, and of 64 lanes' blocks of 256. */
const SHAPES = [
  [1, 1],
  [3, 3],
  [2, 4],
  [3, 5],
  [4, 63],
  [2, 64],
  [3, 65],
  [2, 1_031],
  [1, 16_384],
  [1, 16_449],
  [300, 2],
  [0, 4],
  [4, 0],
] as const;

/** Published vectors of softmax. */
export function softmaxCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'softmax-cases');
  const of = (name: string, input: Tensor): OperatorCase => {
    return { name, call: { operator: 'softmax', inputs: [input] } };
  };
  const random = (shape: readonly number[], reach: number): Tensor => {
    return randomFloat32(stream, { shape, low: -reach, high: reach });
  };
  return [
    ...SHAPES.map((shape) => of(`[${shape.join()}]`, random(shape, 4))),
    of('far apart', random([5, 257], 60)),
    of('as far as shares reach', float32Tensor([1, 7], [0, -87, -87.4, -88, -103, -104, -110])),
    of('large numbers', random([3, 67], 2 ** 120)),
    of('from end to end', float32Tensor([2, 3], [3.4e38, -3.4e38, 3.4e38, 1, -3.4e38, 0])),
    of('all equal', constantFloat32([3, 259], -7.25)),
    of('many equal numbers', constantFloat32([1, 50_000], 0.1)),
    of('one above many', float32Tensor([1, 1_000], [9, ...Array.from({ length: 999 }, () => 0)])),
    of('subnormals', float32Tensor([2, SUBNORMAL.length / 2], SUBNORMAL)),
    of('masked, and not a number', special()),
  ];
}

function special(): Tensor {
  const rows = [
    [1, -Infinity, 3, -2, -Infinity],
    [-Infinity, -Infinity, -Infinity, -Infinity, -3e38],
    [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    [1, NaN, 3, -2, 5],
    [1, 2, 3, 4, Infinity],
    [Infinity, -Infinity, 0, 0, 0],
    [-0, 0, -0, 0, -0],
  ];
  return float32Tensor([7, 5], rows.flat());
}
