import { assert, assertNever } from '../domain/assert.ts';
import type { Tensor } from '../domain/tensor.ts';
import { definitionOf, isDefined } from './definitions.ts';
import { elementWiseTolerance } from './element-wise/element-wise-tolerance.ts';
import { isElementWise } from './element-wise/element-wise.ts';
import { FLOAT32_MAX, NORMAL_MIN, UNIT_ROUNDOFF } from './float32.ts';
import type { OperatorCall } from './kernels.ts';
import {
  columnNorms,
  highest,
  largestMagnitude,
  rowNorms,
  sliceSums,
  type Norms,
} from './magnitude.ts';
import { aroundAxis, isReduction } from './reduce/reduce.ts';
import { float32View } from './tensor-view.ts';
import { EXACT, gamma, summationDepth } from './rounding.ts';
import { isUnary } from './unary/unary.ts';
import { unaryTolerance } from './unary/unary-tolerance.ts';

/** How far an element may lie from the reference: |actual - expected| <= absolute + relative |expected|. */
export type Tolerance = {
  readonly absolute: number;
  readonly relative: number;
  /**
   * Whether sums of these inputs can pass the largest f32 on the way to a result that does not:
   * a NaN or Infinity in the place of a finite element is then no error.
   */
  readonly overflows: boolean;
};

/**
 * How far any honest backend's result may lie from `runReference` of the same call.
 *
 * Rounding, with u = 2^-24 and gamma(n) = n u / (1 - n u) (Higham 2002, section 3.1): a sum of
 * products of depth d errs by gamma(d) sum |a||b|, and that sum is at most |row of a| |column of
 * b| (Cauchy-Schwarz). Subnormals: GPUs may read and write them as zero, which costs 2^-126 an
 * operand times the other operand. Integers, max, min, relu and transpose are exact.
 *
 * `inputErrors` are absolute bounds on the errors that inputs already carry (in a graph: see
 * `largestError`); they are carried through to first order, and their products added.
 */
export function toleranceOf(call: OperatorCall, inputErrors: readonly number[] = []): Tolerance {
  const { operator } = call;
  if (isDefined(operator)) return definitionOf(operator).tolerance(call.inputs, inputErrors);
  const [left, right] = call.inputs;
  assert(left !== undefined, `${operator} was checked to have inputs`);
  const leftError = inputErrors[0] ?? 0;
  const rightError = inputErrors[1] ?? 0;
  if (isUnary(operator)) return unaryTolerance(operator, { input: left, error: leftError });
  if (isReduction(operator)) return reductionTolerance(call, { input: left, error: leftError });
  if (operator === 'qmatmul') return EXACT;
  if (operator === 'transpose') return { ...EXACT, absolute: leftError };
  assert(right !== undefined, `${operator} was checked to have two inputs`);
  if (isElementWise(operator)) {
    return elementWiseTolerance(operator, { left, right, leftError, rightError });
  }
  if (operator === 'matmul') {
    const inner = left.shape[1] ?? 0;
    const row = largestRowNorms(left);
    const column = columnNorms(float32View(right), right.shape[1] ?? 0);
    return productTolerance({ inner, row, column, leftError, rightError });
  }
  return assertNever(operator);
}

/**
 * How far elements of an f32 product with these norms of row and column may lie from the reference.
 *
 * `inner` is the product's inner dimension; errors are of the operands, as of `toleranceOf`.
 */
export function productTolerance(of: {
  readonly inner: number;
  readonly row: Norms;
  readonly column: Norms;
  readonly leftError: number;
  readonly rightError: number;
}): Tolerance {
  const { inner: k, row, column, leftError, rightError } = of;
  const magnitude = row.euclidean * column.euclidean;
  const inherited = leftError * column.sum + rightError * row.sum + k * leftError * rightError;
  const flushed = NORMAL_MIN * (row.sum + column.sum + 2 * k + 1);
  return {
    absolute: gamma(summationDepth(k)) * (magnitude + inherited) + inherited + flushed,
    relative: 2 * UNIT_ROUNDOFF,
    overflows: magnitude + inherited >= FLOAT32_MAX / 2,
  };
}

/** Largest norms among the rows of an f32 matrix: what tolerances of its products scale with. */
export function largestRowNorms(matrix: Tensor): Norms {
  return rowNorms(float32View(matrix), matrix.shape[1] ?? 0);
}

/**
 * An absolute bound on the error of any element of a result: what to pass on as an input's error.
 *
 * `result` is the reference's, or any that was found within the tolerance of it.
 */
export function largestError(tolerance: Tolerance, result: Tensor): number {
  if (result.dtype !== 'float32') return 0;
  return tolerance.absolute + tolerance.relative * largestMagnitude(float32View(result));
}

function reductionTolerance(
  call: OperatorCall,
  { input, error }: { input: Tensor; error: number },
): Tolerance {
  if (call.operator === 'reduce-max') return { ...EXACT, absolute: error };
  const around = aroundAxis(input.shape, call.axis ?? 0);
  const magnitude = highest(sliceSums(float32View(input), around)) + around.count * error;
  const divisor = call.operator === 'reduce-mean' ? around.count : 1;
  const flushed = NORMAL_MIN * (around.count + 2);
  const rounding = gamma(summationDepth(around.count)) * magnitude;
  return {
    absolute: (rounding + around.count * error + flushed) / divisor + NORMAL_MIN,
    // A mean is divided by its count, on a GPU with an error of 2.5 units in the last place.
    relative: 8 * UNIT_ROUNDOFF,
    overflows: magnitude >= FLOAT32_MAX / 2,
  };
}
