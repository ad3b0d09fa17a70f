import type { Tensor } from '../../domain/tensor.ts';
import { float32View, tensorOver } from '../tensor-view.ts';
import { aroundAxis, type Reduction } from './reduce.ts';

/** f32 over one axis, which stays with size 1: sums in f64, rounded once. NaN stays NaN. */
export function reduceReference(operator: Reduction, of: { input: Tensor; axis: number }): Tensor {
  const { outer, count, inner } = aroundAxis(of.input.shape, of.axis);
  const from = float32View(of.input);
  const values = new Float32Array(outer * inner);
  for (let index = 0; index < values.length; index++) {
    const first = Math.floor(index / inner) * count * inner + (index % inner);
    let sum = 0;
    let highest = -Infinity;
    for (let step = 0; step < count; step++) {
      const value = from[first + step * inner] ?? NaN;
      sum += value;
      highest = Math.max(highest, value);
    }
    if (operator === 'reduce-max') values[index] = highest;
    else values[index] = operator === 'reduce-mean' ? sum / count : sum;
  }
  return tensorOver({ dtype: 'float32', shape: of.input.shape.with(of.axis, 1), values });
}
