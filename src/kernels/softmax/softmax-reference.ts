import type { Tensor } from '../../domain/tensor.ts';
import { float32View, tensorOver } from '../tensor-view.ts';

/** f32 [m,n] -> f32 [m,n]: e^(x - highest of the row) over the row's sum of these. */
export function softmaxReference([input]: readonly Tensor[]): Tensor {
  const { shape = [] } = input ?? {};
  const from = input ? float32View(input) : new Float32Array();
  const values = new Float32Array(from.length);
  const columns = shape[1] ?? 0;
  for (let first = 0; first < from.length; first += columns) {
    let highest = -Infinity;
    for (let at = first; at < first + columns; at++) highest = Math.max(highest, from[at] ?? NaN);
    let sum = 0;
    for (let at = first; at < first + columns; at++) sum += Math.exp((from[at] ?? NaN) - highest);
    for (let at = first; at < first + columns; at++) {
      values[at] = Math.exp((from[at] ?? NaN) - highest) / sum;
    }
  }
  return tensorOver({ dtype: 'float32', shape, values });
}
