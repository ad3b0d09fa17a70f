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

/** Published vectors of layer-norm. */
export function layerNormCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'layer-norm-cases');
  const of = (name: string, x: Tensor, by: { gain?: Tensor; bias?: Tensor } = {}): OperatorCase => {
    const shape = [x.shape[1] ?? 0];
    const gain = by.gain ?? randomFloat32(stream, { shape, low: 0.5, high: 2 });
    const bias = by.bias ?? randomFloat32(stream, { shape });
    return { name, call: { operator: 'layer-norm', inputs: [x, gain, bias] } };
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
    of('a gain or bias that is no number', random([2, 4], -1, 1), {
      gain: float32Tensor([4], [1, NaN, 0, -2]),
      bias: float32Tensor([4], [Infinity, 1, -1, NaN]),
    }),
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
