import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { float32View, int32View, tensorOver } from '../tensor-view.ts';

/** Each row: sum of w v over keys 0 to its position, w the softmax of q . k / sqrt(d). */
export function attentionReference([q, k, v, positions]: readonly Tensor[]): Tensor {
  assert(q !== undefined && k !== undefined && v !== undefined, 'attention was checked');
  assert(positions !== undefined, 'attention was checked');
  const [queries, keys, values] = [float32View(q), float32View(k), float32View(v)];
  const [[rows = 0, depth = 0], [, width = 0]] = [q.shape, v.shape];
  const result = new Float32Array(rows * width);
  for (const [row, position] of int32View(positions).entries()) {
    const query = queries.subarray(row * depth, (row + 1) * depth);
    const weights = new Float64Array(position + 1);
    for (let key = 0; key <= position; key++) {
      let sum = 0;
      for (let at = 0; at < depth; at++)
        sum += (query[at] ?? NaN) * (keys[key * depth + at] ?? NaN);
      weights[key] = sum / Math.sqrt(depth);
    }
    let highest = -Infinity;
    for (const score of weights) highest = Math.max(highest, score);
    let total = 0;
    for (const [key, score] of weights.entries()) total += weights[key] = Math.exp(score - highest);
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (const [key, weight] of weights.entries()) {
        const value = values[key * width + column] ?? NaN;
        sum += Number.isFinite(value) ? weight * value : NaN;
      }
      result[row * width + column] = sum / total;
    }
  }
  return tensorOver({ dtype: 'float32', shape: [rows, width], values: result });
}
