import type { Tensor } from '../../domain/tensor.ts';
import { int32View, tensorOver } from '../tensor-view.ts';

/** Of four bytes each: a line of most caches. */
const ROWS = 16;

/** [m,n] -> [n,m]; moves bits and computes nothing. */
export function transposeReference(input: Tensor): Tensor {
  const [m = 0, n = 0] = input.shape;
  const from = int32View(input);
  const values = new Int32Array(m * n);
  // A few rows at a time, so that what is written stays in the cache.
  for (let first = 0; first < m; first += ROWS) {
    const end = Math.min(m, first + ROWS);
    for (let column = 0; column < n; column++) {
      for (let row = first; row < end; row++) {
        values[column * m + row] = from[row * n + column] ?? 0;
      }
    }
  }
  return tensorOver({ dtype: input.dtype, shape: [n, m], values });
}
