import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { float32View, tensorOver } from '../tensor-view.ts';

/** f32 [m,n] -> i32 [m]: the first column of each row's highest; NaN is above all numbers. */
export function argmaxReference([input]: readonly Tensor[]): Tensor {
  assert(input !== undefined, 'argmax was checked');
  const from = float32View(input);
  const [rows = 0, columns = 0] = input.shape;
  const values = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const numbers = from.subarray(row * columns, (row + 1) * columns);
    const first = numbers.findIndex((x) => x !== x);
    let best = 0;
    for (let at = 1; at < columns; at++) {
      if ((numbers[at] ?? NaN) > (numbers[best] ?? NaN)) best = at;
    }
    values[row] = first >= 0 ? first : best;
  }
  return tensorOver({ dtype: 'int32', shape: [rows], values });
}
