import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  constantFloat32,
  float32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';
import type { Reduction } from './reduce.ts';

/** Shapes and axes: both sides of a vector's 4, of 64 lanes, and of blocks of 256. */
const SHAPES = [
  { shape: [1], axis: 0 },
  { shape: [5], axis: 0 },
  { shape: [3, 63], axis: 1 },
  { shape: [3, 65], axis: 1 },
  { shape: [2, 16_641], axis: 1 },
  { shape: [257, 5], axis: 0 },
  { shape: [255, 4], axis: 0 },
  { shape: [8_193, 3], axis: 0 },
  { shape: [3, 4, 7], axis: 1 },
  { shape: [3, 4, 7], axis: 0 },
  { shape: [2, 1, 9], axis: 1 },
  { shape: [0, 4], axis: 1 },
] as const;

/** Published vectors of a reduction. */
export function reduceCases(operator: Reduction): readonly OperatorCase[] {
  const stream = randomStream(1, `${operator}-cases`);
  const byShape = SHAPES.map(({ shape, axis }) => ({
    name: `[${shape.join()}] over axis ${axis}`,
    call: { operator, axis, inputs: [randomFloat32(stream, { shape, low: -0.5 })] },
  }));
  const of = (name: string, input: Tensor): OperatorCase => {
    return { name, call: { operator, axis: 1, inputs: [input] } };
  };
  const large = { shape: [3, 517], low: -(2 ** 110), high: 2 ** 110 };
  return [
    ...byShape,
    constant(operator),
    special(operator),
    of('large magnitudes', randomFloat32(stream, large)),
    of('subnormals', float32Tensor([2, SUBNORMAL.length / 2], SUBNORMAL)),
    of('all equal, below zero', constantFloat32([3, 259], -7.25)),
    of('zeros of both signs', float32Tensor([2, 3], [-0, -0, -0, 0, -0, 0])),
  ];
}

/** A running sum in one f32 drifts by a percent here. */
function constant(operator: Reduction): OperatorCase {
  const input = float32Tensor(
    [1, 50_000],
    Array.from({ length: 50_000 }, () => 0.1),
  );
  return { name: 'many equal numbers', call: { operator, axis: 1, inputs: [input] } };
}

function special(operator: Reduction): OperatorCase {
  const rows = [
    [1, NaN, 3, -2, 5],
    [1, Infinity, 3, -2, 5],
    [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    [Infinity, -Infinity, 0, 0, 0],
    [-5, -4, -3, -2, -1],
  ];
  const input = float32Tensor([5, 5], rows.flat());
  return { name: 'NaN and infinity', call: { operator, axis: 1, inputs: [input] } };
}
