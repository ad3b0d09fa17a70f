import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { NORM_EPSILON } from '../norm-epsilon.ts';
import { float32View, tensorOver } from '../tensor-view.ts';

/** x / sqrt(mean of x^2 + epsilon) gain, over each row of [m,n]. */
export function rmsNormReference([x, gain]: readonly Tensor[]): Tensor {
  assert(x !== undefined && gain !== undefined, 'rms-norm was checked');
  const [from, gains] = [float32View(x), float32View(gain)];
  const values = new Float32Array(from.length);
  const columns = x.shape[1] ?? 0;
  for (let first = 0; first < from.length; first += columns) {
    let squares = 0;
    for (let at = 0; at < columns; at++) squares += (from[first + at] ?? NaN) ** 2;
    // Squares of finite f32 do not pass the largest f64.
    const isFinite = squares < Infinity;
    const root = isFinite ? Math.sqrt(squares / columns + NORM_EPSILON) : NaN;
    for (let at = 0; at < columns; at++) {
      values[first + at] = ((from[first + at] ?? NaN) / root) * (gains[at] ?? NaN);
    }
  }
  return tensorOver({ dtype: 'float32', shape: x.shape, values });
}
