import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { float32View, tensorOver } from '../tensor-view.ts';

/** f32 [m,n], i32 [k] -> i32 [m,k]: each row's columns from its highest on; NaN is above all. */
export function topKReference([input, ranks]: readonly Tensor[]): Tensor {
  assert(input !== undefined && ranks !== undefined, 'top-k was checked');
  const from = float32View(input);
  const [rows = 0, columns = 0] = input.shape;
  const [count = 0] = ranks.shape;
  const values = new Int32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const numbers = from.subarray(row * columns, (row + 1) * columns);
    // Sorting keeps equal ones in their order.
    const sorted = [...numbers.keys()].sort((a, b) =>
      fromHighest(numbers[a] ?? NaN, numbers[b] ?? NaN),
    );
    values.set(sorted.slice(0, count), row * count);
  }
  return tensorOver({ dtype: 'int32', shape: [rows, count], values });
}

/** Below 0 where a is before b, 0 where they are equal. */
function fromHighest(a: number, b: number): number {
  if (a !== a || b !== b) return Number(b !== b) - Number(a !== a);
  return Number(a < b) - Number(a > b);
}
