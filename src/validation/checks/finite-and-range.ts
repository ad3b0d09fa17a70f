import { assertNever } from '../../domain/assert.ts';
import type { OperatorName } from '../../domain/operator.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { Check } from '../check.ts';

export const FINITE_AND_RANGE: Check = {
  name: 'finite-and-range',
  soundness: 'Proves that each element is one that the operator can give for some input.',
  cost: 'Each element is read once: a few per cent of an element-wise operator.',
  tolerance:
    'tanh and sigmoid may pass 1 by their own relative error, 2^-20. NaN and infinities are in ' +
    'the range of floats, since inputs can make them: where inputs are at hand and finite, the ' +
    'checks of products have such rows recomputed.',
};

/** Elements lie in low..high; a float may also be NaN. */
export type Range = { readonly low: number; readonly high: number };

/** Largest element that a quantized product takes on its left. */
export const QUANTIZED_LEFT_MAX = 127;
/** The same times |i8|. */
export const QUANTIZED_PRODUCT_MAX = QUANTIZED_LEFT_MAX * 128;

/** Relative error of the kernels' tanh and sigmoid, as kernels/unary-tolerance.ts has it. */
const BEYOND_ONE = 1 + 2 ** -20;
const ANY: Range = { low: -Infinity, high: Infinity };

/** What an operator can give at all; `inner` is the inner dimension of a product. */
export function rangeOf(of: { readonly operator: OperatorName; readonly inner: number }): Range {
  const { operator, inner } = of;
  switch (operator) {
    case 'qmatmul':
      return { low: -inner * QUANTIZED_PRODUCT_MAX, high: inner * QUANTIZED_PRODUCT_MAX };
    case 'relu':
    case 'exp':
      return { low: 0, high: Infinity };
    case 'sigmoid':
    case 'softmax':
      return { low: 0, high: BEYOND_ONE };
    case 'gelu':
      return { low: -0.1701, high: Infinity };
    case 'silu':
      return { low: -0.2785, high: Infinity };
    case 'tanh':
      return { low: -BEYOND_ONE, high: BEYOND_ONE };
    case 'matmul':
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'max':
    case 'min':
    case 'reduce-sum':
    case 'reduce-mean':
    case 'reduce-max':
    case 'log':
    case 'transpose':
    case 'layer-norm':
    case 'rms-norm':
    case 'argmax':
    case 'qlinear':
    case 'top-k':
    case 'gather':
    case 'rotary':
    case 'attention':
      return ANY;
    default:
      return assertNever(operator);
  }
}

/** The first element outside a range, by its row-major index; null where all are inside. */
export function firstOutside(tensor: Tensor, { low, high }: Range): number | null {
  if (low === -Infinity && high === Infinity) return null;
  const { dtype, bytes } = tensor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = dtype === 'float32';
  for (let at = 0; at + 4 <= bytes.byteLength; at += 4) {
    const value = floats ? view.getFloat32(at, true) : view.getInt32(at, true);
    if (value < low || value > high) return at / 4;
  }
  return null;
}
