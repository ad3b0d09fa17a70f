import type { Tensor } from '../../domain/tensor.ts';
import { float32View, tensorOver } from '../tensor-view.ts';

/** f32 [m,k] x [k,n] -> f32 [m,n]: each element summed in f64 and rounded once. */
export function matmulReference(left: Tensor, right: Tensor): Tensor {
  const [m = 0, k = 0] = left.shape;
  const n = right.shape[1] ?? 0;
  const a = float32View(left);
  const b = float32View(right);
  const values = new Float32Array(m * n);
  const sums = new Float64Array(n);
  for (let row = 0; row < m; row++) {
    sums.fill(0);
    for (let depth = 0; depth < k; depth++) {
      const factor = at(a, row * k + depth);
      for (let column = 0; column < n; column++) {
        sums[column] = at(sums, column) + factor * at(b, depth * n + column);
      }
    }
    values.set(sums, row * n);
  }
  return tensorOver({ dtype: 'float32', shape: [m, n], values });
}

/** In range by the loops' bounds. */
function at(values: Float32Array | Float64Array, index: number): number {
  return values[index] as number;
}
