import { assertNever } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import { QMATMUL_INNER_MAX, TENSOR_RANK_MAX } from '../domain/limits.ts';
import type { OperatorName } from '../domain/operator.ts';
import { fail, succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import type { DType, Shape } from '../domain/tensor.ts';
import { definitionOf, isDefined } from './definitions.ts';
import { isElementWise } from './element-wise/element-wise.ts';
import { isReduction } from './reduce/reduce.ts';
import { isUnary } from './unary/unary.ts';

/** A tensor's type and shape, without its bytes. */
export type TensorSignature = { readonly dtype: DType; readonly shape: Shape };

/** An operator call by types and shapes alone; every OperatorCall is one. */
export type OperatorSignature = {
  readonly operator: OperatorName;
  readonly inputs: readonly TensorSignature[];
  readonly axis?: number;
};

/**
 * The type and shape of what an operator puts out, or why it cannot take these inputs.
 *
 * Errors: shape_mismatch (number, types, shapes or axis), limit_exceeded (qmatmul's inner
 * dimension). Messages name the operator and the shapes.
 */
export function operatorOutput(call: OperatorSignature): Outcome<TensorSignature> {
  const { operator } = call;
  if (isReduction(operator)) return reductionOutput(call);
  if (call.axis !== undefined) return mismatch(call, 'only reductions take an axis');
  if (isDefined(operator)) {
    const { needs, output } = definitionOf(operator);
    const signature = output(call.inputs);
    return signature === null ? mismatch(call, needs) : succeed(signature);
  }
  if (isElementWise(operator)) return elementWiseOutput(call);
  if (isUnary(operator)) {
    const [input] = call.inputs;
    if (!input || call.inputs.length !== 1 || input.dtype !== 'float32') {
      return mismatch(call, 'needs one float32 tensor');
    }
    return float32(input.shape);
  }
  switch (operator) {
    case 'matmul':
      return productOutput(call, { left: 'float32', right: 'float32', output: 'float32' });
    case 'qmatmul':
      return productOutput(call, { left: 'uint8', right: 'int8', output: 'int32' });
    case 'transpose':
      return transposeOutput(call);
    default:
      return assertNever(operator);
  }
}

function productOutput(
  call: OperatorSignature,
  dtypes: { left: DType; right: DType; output: DType },
): Outcome<TensorSignature> {
  const [left, right] = call.inputs;
  const wanted = `needs ${dtypes.left} [m,k] and ${dtypes.right} [k,n]`;
  if (!left || !right || call.inputs.length !== 2) return mismatch(call, wanted);
  const [m, k] = left.shape;
  const [inner, n] = right.shape;
  const fits =
    left.dtype === dtypes.left &&
    right.dtype === dtypes.right &&
    left.shape.length === 2 &&
    right.shape.length === 2 &&
    k === inner;
  if (!fits || m === undefined || k === undefined || n === undefined) return mismatch(call, wanted);
  if (call.operator === 'qmatmul' && k > QMATMUL_INNER_MAX) {
    const limit = `inner dimension ${k} is above ${QMATMUL_INNER_MAX}: split it and add the parts`;
    return fail(failure('limit_exceeded', `qmatmul of ${shapesOf(call)}: ${limit}`));
  }
  return succeed({ dtype: dtypes.output, shape: [m, n] });
}

function elementWiseOutput(call: OperatorSignature): Outcome<TensorSignature> {
  const wanted =
    'needs two float32 tensors, the second of the same shape, [n] or [1,n] against [m,n], or []';
  const [left, right] = call.inputs;
  if (!left || !right || call.inputs.length !== 2) return mismatch(call, wanted);
  if (left.dtype !== 'float32' || right.dtype !== 'float32') return mismatch(call, wanted);
  if (!secondOperand(left.shape, right.shape)) return mismatch(call, wanted);
  return float32(left.shape);
}

/** How the second operand of an element-wise operator meets the first; null where it cannot. */
export function secondOperand(left: Shape, right: Shape): 'same' | 'row' | 'scalar' | null {
  if (left.length === right.length && left.every((size, axis) => size === right[axis])) {
    return 'same';
  }
  if (right.length === 0) return 'scalar';
  if (left.length !== 2) return null;
  if (right.length === 1 && right[0] === left[1]) return 'row';
  if (right.length === 2 && right[0] === 1 && right[1] === left[1]) return 'row';
  return null;
}

function reductionOutput(call: OperatorSignature): Outcome<TensorSignature> {
  const [input] = call.inputs;
  if (!input || call.inputs.length !== 1 || input.dtype !== 'float32') {
    return mismatch(call, 'needs one float32 tensor and an axis');
  }
  const { axis } = call;
  const size = axis === undefined ? undefined : input.shape[axis];
  if (axis === undefined || size === undefined || input.shape.length > TENSOR_RANK_MAX) {
    return mismatch(call, `needs an axis in 0..${input.shape.length - 1}, not ${axis}`);
  }
  if (size === 0 && call.operator !== 'reduce-sum') {
    return mismatch(call, `axis ${axis} is empty: there is nothing to take`);
  }
  return float32(input.shape.with(axis, 1));
}

function transposeOutput(call: OperatorSignature): Outcome<TensorSignature> {
  const [input] = call.inputs;
  const [m, n] = input?.shape ?? [];
  const wanted = 'needs one float32 [m,n]';
  if (!input || call.inputs.length !== 1 || input.dtype !== 'float32')
    return mismatch(call, wanted);
  if (m === undefined || n === undefined || input.shape.length !== 2) return mismatch(call, wanted);
  return float32([n, m]);
}

function float32(shape: Shape): Outcome<TensorSignature> {
  return succeed({ dtype: 'float32', shape });
}

function mismatch(call: OperatorSignature, wanted: string): Failed {
  const got = call.inputs.length === 0 ? 'no inputs' : shapesOf(call);
  const text = `${call.operator} of ${got}: ${wanted}`;
  return fail(failure('shape_mismatch', `${text}${conversionHint(call)}`));
}

/** Most arrays are float64 at first; nothing is cast behind a producer's back. */
function conversionHint({ operator, inputs }: OperatorSignature): string {
  if (operator === 'qmatmul' || inputs.every(({ dtype }) => dtype === 'float32')) return '';
  return '. Convert it with NumPy: x.astype("float32")';
}

function shapesOf(call: OperatorSignature): string {
  return call.inputs.map(({ dtype, shape }) => `${dtype} [${shape.join(',')}]`).join(' and ');
}
