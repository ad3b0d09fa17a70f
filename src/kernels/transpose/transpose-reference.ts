import type { Tensor } from '../../domain/tensor.ts';
import { int32View, tensorOver } from '../tensor-view.ts';

/** [m,n] -> [n,m]; moves bits and computes nothing. */
export function transposeReference(input: Tensor): Tensor {
  const [m = 0, n = 0] = input.shape;
  const from = int32View(input);
  const values = new Int32Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      values[column * m + row] = from[row * n + column] ?? 0;
    }
  }
  return tensorOver({ dtype: input.dtype, shape: [n, m], values });
}
