import type { RandomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import { constantFloat32, float32Tensor, randomFloat32, SUBNORMAL } from './operator-case.ts';

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

/** What published vectors of norms are of: rows, with a name; drawn one by one, as they are taken. */
export function* normRows(stream: RandomStream): Generator<readonly [name: string, x: Tensor]> {
  const random = (shape: readonly number[], low: number, high: number): Tensor => {
    return randomFloat32(stream, { shape, low, high });
  };
  for (const shape of SHAPES) yield [`[${shape.join()}]`, random(shape, -3, 3)];
  yield ['far from zero', random([3, 257], 1_000, 1_001)];
  yield ['close together', random([3, 70], -1e-4, 1e-4)];
  yield ['large numbers', random([3, 67], -(2 ** 50), 2 ** 50)];
  yield ['all equal', constantFloat32([3, 259], -7.25)];
  yield ['many equal numbers', constantFloat32([1, 50_000], 0.1)];
  yield ['subnormals', float32Tensor([2, SUBNORMAL.length / 2], SUBNORMAL)];
  yield ['NaN and infinity', special()];
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
