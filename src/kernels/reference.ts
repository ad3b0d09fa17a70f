import { assert, assertNever } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type Tensor } from '../domain/tensor.ts';
import { checkedCall } from './checked-call.ts';
import { definitionOf, isDefined } from './definitions.ts';
import { elementWiseReference } from './element-wise/element-wise-reference.ts';
import { isElementWise } from './element-wise/element-wise.ts';
import type { OperatorCall } from './kernels.ts';
import { matmulReference } from './matmul/matmul-reference.ts';
import { qmatmulReference } from './qmatmul/qmatmul-reference.ts';
import { reduceReference } from './reduce/reduce-reference.ts';
import { isReduction } from './reduce/reduce.ts';
import { transposeReference } from './transpose/transpose-reference.ts';
import { unaryReference } from './unary/unary-reference.ts';
import { isUnary } from './unary/unary.ts';

/**
 * Runs one operator by its reference: plain code, sums in f64, each element rounded once.
 *
 * What every backend is measured against, and what checks recompute rows with. Slow.
 *
 * Errors: shape_mismatch, limit_exceeded, input_invalid, out_of_memory.
 */
export function runReference(call: OperatorCall): Outcome<Tensor> {
  const output = checkedCall(call);
  if (!output.ok) return output;
  try {
    return succeed(compute(call));
  } catch (cause) {
    // An array longer than the engine allows; references do nothing else that throws.
    if (!(cause instanceof RangeError)) throw cause;
    const size = `an output of ${tensorBytes(output.value)} bytes`;
    return fail(failure('out_of_memory', `${call.operator}: ${size}: cut it into smaller tasks`));
  }
}

function compute(call: OperatorCall): Tensor {
  const { operator } = call;
  if (isDefined(operator)) return definitionOf(operator).reference(call.inputs);
  const left = input(call, 0);
  if (isUnary(operator)) return unaryReference(operator, left);
  if (isReduction(operator)) {
    return reduceReference(operator, { input: left, axis: call.axis ?? 0 });
  }
  if (operator === 'transpose') return transposeReference(left);
  const right = input(call, 1);
  if (isElementWise(operator)) return elementWiseReference(operator, { left, right });
  switch (operator) {
    case 'matmul':
      return matmulReference(left, right);
    case 'qmatmul':
      return qmatmulReference(left, right);
    default:
      return assertNever(operator);
  }
}

function input(call: OperatorCall, index: number): Tensor {
  const tensor = call.inputs[index];
  assert(tensor !== undefined, `${call.operator} was checked to have its inputs`);
  return tensor;
}
