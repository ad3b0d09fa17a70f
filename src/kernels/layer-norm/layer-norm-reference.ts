import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { NORM_EPSILON } from '../norm-epsilon.ts';
import { float32View, tensorOver } from '../tensor-view.ts';

/** (x - mean) / sqrt(variance + epsilon) gain + bias, over each row of [m,n]. */
export function layerNormReference([x, gain, bias]: readonly Tensor[]): Tensor {
  assert(x !== undefined && gain !== undefined && bias !== undefined, 'layer-norm was checked');
  const [from, gains, biases] = [float32View(x), float32View(gain), float32View(bias)];
  const values = new Float32Array(from.length);
  const columns = x.shape[1] ?? 0;
  for (let first = 0; first < from.length; first += columns) {
    let sum = 0;
    for (let at = 0; at < columns; at++) sum += from[first + at] ?? NaN;
    const mean = sum / columns;
    let squares = 0;
    for (let at = 0; at < columns; at++) squares += ((from[first + at] ?? NaN) - mean) ** 2;
    const deviation = Math.sqrt(squares / columns + NORM_EPSILON);
    for (let at = 0; at < columns; at++) {
      const share = ((from[first + at] ?? NaN) - mean) / deviation;
      values[first + at] = share * (gains[at] ?? NaN) + (biases[at] ?? NaN);
    }
  }
  return tensorOver({ dtype: 'float32', shape: x.shape, values });
}
