import type { Tensor } from '../../domain/tensor.ts';
import { int8View, tensorOver } from '../tensor-view.ts';

/** u8 in 0..127 [m,k] x i8 [k,n] -> i32 [m,n], exact: all sums stay below 2^31. */
export function qmatmulReference(left: Tensor, right: Tensor): Tensor {
  const [m = 0, k = 0] = left.shape;
  const n = right.shape[1] ?? 0;
  const a = left.bytes;
  const b = int8View(right);
  const values = new Int32Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let depth = 0; depth < k; depth++) {
      const factor = at(a, row * k + depth);
      for (let column = 0; column < n; column++) {
        const index = row * n + column;
        values[index] = at(values, index) + factor * at(b, depth * n + column);
      }
    }
  }
  return tensorOver({ dtype: 'int32', shape: [m, n], values });
}

/** In range by the loops' bounds. */
function at(values: Uint8Array | Int8Array | Int32Array, index: number): number {
  return values[index] as number;
}
