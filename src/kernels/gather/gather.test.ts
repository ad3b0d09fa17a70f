import { describe, expect, it } from 'vitest';
import { checkedCall } from '../checked-call.ts';
import { float32Tensor, int32Tensor } from '../operator-case.ts';
import { float32View } from '../tensor-view.ts';
import { gatherReference } from './gather-reference.ts';

const TABLE = float32Tensor([3, 2], [1, 2, 3, 4, 5, 6]);

describe('gather', () => {
  it('takes rows in the order of indices, some twice', () => {
    const result = gatherReference([TABLE, int32Tensor([2, 0, 2])]);
    expect(result.shape).toEqual([3, 2]);
    expect([...float32View(result)]).toEqual([5, 6, 1, 2, 5, 6]);
  });

  it.each([
    { indices: [0, 2], ok: true },
    { indices: [0, 3], ok: false },
    { indices: [-1, 0], ok: false },
    { indices: [2 ** 31 - 1], ok: false },
  ])('checks the indices $indices', ({ indices, ok }) => {
    const call = { operator: 'gather' as const, inputs: [TABLE, int32Tensor(indices)] };
    expect(checkedCall(call).ok).toBe(ok);
  });

  it('says which index is wrong, and what to use', () => {
    const call = { operator: 'gather' as const, inputs: [TABLE, int32Tensor([1, 7])] };
    expect(checkedCall(call)).toMatchObject({
      failure: {
        code: 'input_invalid',
        message: 'gather: 7 is no row of the table, which has 3: use 0 to 2',
      },
    });
  });
});
