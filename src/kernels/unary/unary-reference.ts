import { assertNever } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { NORMAL_MIN } from '../float32.ts';
import { float32View, tensorOver } from '../tensor-view.ts';
import type { UnaryOperator } from './unary.ts';

/** f32 element by element, computed in f64 and rounded once. NaN stays NaN. */
export function unaryReference(operator: UnaryOperator, input: Tensor): Tensor {
  const from = float32View(input);
  const values = new Float32Array(from.length);
  // Checks run it over millions of elements: an index is ten times as fast as `map` is.
  for (let index = 0; index < from.length; index++) {
    values[index] = apply(operator, from[index] ?? NaN);
  }
  return tensorOver({ dtype: 'float32', shape: input.shape, values });
}

function apply(operator: UnaryOperator, x: number): number {
  switch (operator) {
    case 'relu':
      return Math.max(x, 0);
    case 'tanh':
      return Math.tanh(x);
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'exp':
      return Math.exp(x);
    case 'log':
      // Some GPUs read subnormals as zero: so the set says that all do.
      return Math.abs(x) < NORMAL_MIN ? -Infinity : Math.log(x);
    case 'gelu':
      return gatedBy(x, GELU_SCALE * (x + GELU_CUBE * x * x * x));
    case 'silu':
      return gatedBy(x, x);
    default:
      return assertNever(operator);
  }
}

/** 2 sqrt(2 / pi): 1/2 (1 + tanh y) is sigmoid(2 y). */
const GELU_SCALE = 2 * Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** x sigmoid(gate); of -Infinity its limit, zero, where the product alone is not a number. */
function gatedBy(x: number, gate: number): number {
  return x === -Infinity ? 0 : x / (1 + Math.exp(-gate));
}
