import { randomStream } from '../../domain/random.ts';
import type { Shape, Tensor } from '../../domain/tensor.ts';
import {
  constantFloat32,
  float32Tensor,
  int32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** m, n, d and e: both sides of a vector's 4, of 64 lanes, and of blocks of 256 keys or products. */
const SIZES = [
  [1, 1, 1, 1],
  [3, 3, 4, 4],
  [5, 5, 3, 7],
  [4, 63, 5, 64],
  [4, 64, 8, 65],
  [3, 65, 64, 2],
  [4, 255, 16, 3],
  [4, 256, 17, 5],
  [4, 257, 16, 4],
  [2, 1_025, 8, 9],
  [1, 9_000, 2, 1],
  [2, 3, 1_025, 2],
  [70, 70, 2, 3],
  [0, 3, 2, 2],
  [3, 3, 2, 0],
] as const;

/** Published vectors of attention. */
export function attentionCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'attention-cases');
  const random = (shape: Shape, reach = 1): Tensor => {
    return randomFloat32(stream, { shape, low: -reach, high: reach });
  };
  const of = (name: string, inputs: readonly [Tensor, Tensor, Tensor], positions: number[]) => ({
    name,
    call: { operator: 'attention' as const, inputs: [...inputs, int32Tensor(positions)] },
  });
  const last = (m: number, n: number): number[] =>
    Array.from({ length: m }, (_, row) => n - m + row);
  const ramp = (n: number, step: number): Tensor => {
    return float32Tensor(
      [n, 1],
      Array.from({ length: n }, (_, key) => key * step),
    );
  };
  const one = float32Tensor([2, 1], [1, 1]);
  return [
    ...SIZES.map(([m, n, d, e]) => {
      const inputs = [random([m, d], 2), random([n, d], 2), random([n, e])] as const;
      return of(`${m} of ${n} keys, ${d} and ${e} wide`, inputs, last(m, n));
    }),
    of(
      'positions in no order',
      [random([4, 2]), random([300, 2]), random([300, 3])],
      [299, 0, 256, 7],
    ),
    of('scores that rise', [one, ramp(700, 0.3), random([700, 5])], [699, 300]),
    of('scores that fall', [one, ramp(700, -0.3), random([700, 5])], [699, 300]),
    of(
      'scores far apart',
      [random([3, 8], 20), random([300, 8], 20), random([300, 2])],
      [2, 255, 299],
    ),
    of('large values', [random([2, 4]), random([70, 4]), random([70, 3], 2 ** 110)], [5, 69]),
    of(
      'all equal',
      [
        constantFloat32([3, 5], 0.3),
        constantFloat32([600, 5], 0.7),
        constantFloat32([600, 6], -7.25),
      ],
      [0, 255, 599],
    ),
    of(
      'subnormals',
      [random([1, 2]), float32Tensor([4, 2], SUBNORMAL), float32Tensor([4, 2], SUBNORMAL)],
      [3],
    ),
    ...special(),
  ];
}

/** Four queries at keys 0 to 3, which each have another special number. */
function special(): OperatorCase[] {
  const q = float32Tensor([4, 1], [1, 1, 1, 1]);
  const v = float32Tensor([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const keys = [
    [1, 2, NaN, 3],
    [1, 2, Infinity, 3],
    [-Infinity, -Infinity, 2, -Infinity],
    [1, 2, 3, -Infinity],
  ];
  const positions = int32Tensor([0, 1, 2, 3]);
  const byKeys = keys.map((row): OperatorCase => {
    const inputs = [q, float32Tensor([4, 1], row), v, positions];
    return { name: `keys ${row.join()}`, call: { operator: 'attention', inputs } };
  });
  const late = float32Tensor(
    [300, 1],
    Array.from({ length: 300 }, (_, key) => (key < 256 ? -Infinity : 1)),
  );
  const wide = randomFloat32(randomStream(2, 'attention-cases'), { shape: [300, 3] });
  const values = float32Tensor([4, 2], [1, 2, Infinity, 4, 5, NaN, -Infinity, 8]);
  const even = constantFloat32([4, 1], 0.5);
  const inputs = [q, even, values, positions];
  return [
    ...byKeys,
    {
      name: 'a first block of nothing',
      call: { operator: 'attention', inputs: [q, late, wide, int32Tensor([0, 255, 256, 299])] },
    },
    { name: 'values that are no numbers', call: { operator: 'attention', inputs } },
  ];
}
