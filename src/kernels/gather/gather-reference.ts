import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { float32View, int32View, tensorOver } from '../tensor-view.ts';

/** f32 [v,n], i32 [m] -> f32 [m,n]: row i is the table's row indices[i]. */
export function gatherReference([table, indices]: readonly Tensor[]): Tensor {
  assert(table !== undefined && indices !== undefined, 'gather was checked');
  const [from, by] = [float32View(table), int32View(indices)];
  const [, columns = 0] = table.shape;
  const values = new Float32Array(by.length * columns);
  for (const [row, index] of by.entries()) {
    values.set(from.subarray(index * columns, (index + 1) * columns), row * columns);
  }
  return tensorOver({ dtype: 'float32', shape: [by.length, columns], values });
}
