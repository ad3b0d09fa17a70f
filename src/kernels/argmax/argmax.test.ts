import { describe, expect, it } from 'vitest';
import { float32Tensor } from '../operator-case.ts';
import { int32View } from '../tensor-view.ts';
import { argmaxReference } from './argmax-reference.ts';

describe('argmaxReference', () => {
  it.each([
    { row: [1, 3, 2], column: 1 },
    { row: [3, 1, 3], column: 0 },
    { row: [-0, 0], column: 0 },
    { row: [-Infinity, -Infinity], column: 0 },
    { row: [1, Infinity, Infinity], column: 1 },
    { row: [Infinity, NaN, 5, NaN], column: 1 },
    { row: [-1e-45, -1e-44], column: 0 },
  ])('of $row is $column', ({ row, column }) => {
    const result = argmaxReference([float32Tensor([1, row.length], row)]);
    expect([...int32View(result)]).toEqual([column]);
  });
});
