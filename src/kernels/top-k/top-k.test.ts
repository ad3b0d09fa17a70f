import { describe, expect, it } from 'vitest';
import { TOP_K_MAX } from '../../domain/limits.ts';
import { checkedCall } from '../checked-call.ts';
import { float32Tensor, int32Tensor, randomFloat32 } from '../operator-case.ts';
import { randomStream } from '../../domain/random.ts';
import { argmaxReference } from '../argmax/argmax-reference.ts';
import { int32View } from '../tensor-view.ts';
import { topKReference } from './top-k-reference.ts';
import { TOP_K } from './top-k.ts';

const ranks = (count: number) => int32Tensor([...Array(count).keys()]);

describe('topKReference', () => {
  it.each([
    { row: [1, 3, 2], columns: [1, 2, 0] },
    { row: [3, 1, 3], columns: [0, 2] },
    { row: [-0, 0, 1], columns: [2, 0, 1] },
    { row: [-Infinity, 5, -Infinity], columns: [1, 0, 2] },
    { row: [Infinity, NaN, 5, NaN], columns: [1, 3, 0, 2] },
    { row: [NaN, 1, 2], columns: [0] },
    { row: [-1e-45, 1e-45, -1e-44], columns: [1, 0, 2] },
  ])('of $row are $columns', ({ row, columns }) => {
    const input = float32Tensor([1, row.length], row);
    const result = topKReference([input, ranks(columns.length)]);
    expect([...int32View(result)]).toEqual(columns);
  });

  it('begins with argmax', () => {
    const input = randomFloat32(randomStream(1, 'top-k'), { shape: [40, 100] });
    const first = int32View(topKReference([input, ranks(3)])).filter((_, at) => at % 3 === 0);
    expect(first).toEqual(int32View(argmaxReference([input])));
  });
});

describe('TOP_K', () => {
  const input = float32Tensor([1, 3], [1, 2, 3]);

  it.each([
    [[0, 1, 1], 'rank 1 at 2: give the ranks 0 to 2, in order'],
    [[1, 0], 'rank 1 at 0: give the ranks 0 to 1, in order'],
    [[-1], 'rank -1 at 0: give the ranks 0 to 0, in order'],
  ])('refuses the ranks %j', (wrong, why) => {
    const call = { operator: 'top-k', inputs: [input, int32Tensor(wrong)] } as const;
    const failure = { code: 'input_invalid', message: `top-k: ${why}` };
    expect(checkedCall(call)).toEqual({ ok: false, failure });
  });

  it.each([
    [3, 0, null],
    [3, 1, [2, 1]],
    [3, 3, [2, 3]],
    [3, 4, null],
    [2_000, TOP_K_MAX, [2, TOP_K_MAX]],
    [2_000, TOP_K_MAX + 1, null],
  ])('of %i columns and %i ranks is of shape %j', (columns, count, shape) => {
    const x = { dtype: 'float32', shape: [2, columns] } as const;
    const output = TOP_K.output([x, { dtype: 'int32', shape: [count] }]);
    expect(output?.shape ?? null).toEqual(shape);
  });
});
