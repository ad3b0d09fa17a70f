import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  constantFloat32,
  float32Tensor,
  int32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** Rows, columns, ranks: both sides of 64 lanes, many turns of them, and all columns. */
const SHAPES = [
  [1, 1, 1],
  [3, 2, 2],
  [4, 63, 5],
  [2, 64, 64],
  [3, 65, 65],
  [2, 129, 40],
  [1, 16_449, 40],
  [300, 5, 3],
  [2, 1_030, 1_024],
  [0, 4, 2],
] as const;

/** Published vectors of top-k. */
export function topKCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'top-k-cases');
  const of = (name: string, input: Tensor, count: number): OperatorCase => {
    const ranks = int32Tensor(Array.from({ length: count }, (_, rank) => rank));
    return { name, call: { operator: 'top-k', inputs: [input, ranks] } };
  };
  const few = (count: number): number[] => Array.from({ length: count }, () => stream.nextBelow(3));
  const small = [...SUBNORMAL, 0, -0];
  const rising = Array.from({ length: 200 }, (_, at) => at - 100);
  return [
    ...SHAPES.map(([rows, columns, count]) =>
      of(
        `${count} of [${rows},${columns}]`,
        randomFloat32(stream, { shape: [rows, columns] }),
        count,
      ),
    ),
    of('rising and falling', float32Tensor([2, 200], [...rising, ...rising.toReversed()]), 70),
    of('equals in several lanes', float32Tensor([9, 200], few(1_800)), 100),
    of('all equal', constantFloat32([3, 259], -7.25), 70),
    of(
      'a unit in the last place apart',
      float32Tensor([1, 4], [1, 1 + 2 ** -23, 1, 1 - 2 ** -24]),
      4,
    ),
    of(
      'the largest',
      float32Tensor([2, 3], [-3.4e38, 3.4e38, 3.3e38, -3.4e38, -3.3e38, -3.35e38]),
      3,
    ),
    of('subnormals', float32Tensor([2, small.length], [...small, ...small.map((x) => -x)]), 10),
    of('NaN and infinity', special(), 4),
  ];
}

function special(): Tensor {
  const rows = [
    [1, NaN, Infinity, NaN],
    [1, Infinity, 3, Infinity],
    [-Infinity, -Infinity, -Infinity, -Infinity],
    [-Infinity, -3e38, -Infinity, NaN],
    [-0, 0, -0, 0],
    [-1, -0, 0, NaN],
    [NaN, NaN, NaN, NaN],
  ];
  return float32Tensor([7, 4], rows.flat());
}
