import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { FLOAT32_MAX, NORMAL_MIN, UNIT_ROUNDOFF } from '../float32.ts';
import { largestMagnitude, rowNorms } from '../magnitude.ts';
import { NORM_EPSILON } from '../norm-epsilon.ts';
import { gamma, summationDepth, UNBOUNDED } from '../rounding.ts';
import { float32View } from '../tensor-view.ts';
import type { Tolerance } from '../tolerance.ts';

/**
 * Beside half of what the sum of squares may be off, relative: half of a square, of a quotient (5 u)
 * and of epsilon's sum, 4 u of a root's reciprocal, two products and the reference's rounding. In u.
 */
const ROUNDINGS = 0.5 + 2.5 + 0.5 + 4 + 2 + 1;

/**
 * How far an element may lie from the reference's: all errors are relative, because all squares are of
 * one sign.
 *
 * Subnormals may be zero, of x, gain and result, and of x over the root. Where squares may pass the
 * largest f32, nothing is bounded; nor where inputs carry errors: see magnifiesErrors.
 */
export function rmsNormTolerance(
  [x, gain]: readonly Tensor[],
  errors: readonly number[],
): Tolerance {
  assert(x !== undefined && gain !== undefined, 'rms-norm was checked');
  if (errors.some((error) => error > 0)) return UNBOUNDED;
  const columns = x.shape[1] ?? 0;
  const { euclidean } = rowNorms(float32View(x), columns);
  if (euclidean * euclidean >= FLOAT32_MAX / 2) return UNBOUNDED;
  const highestGain = largestMagnitude(float32View(gain));
  const flushed = (2 + 1 / Math.sqrt(NORM_EPSILON)) * highestGain + Math.sqrt(columns) + 2;
  return {
    absolute: flushed * NORMAL_MIN,
    relative: gamma(summationDepth(columns)) / 2 + (ROUNDINGS + 1) * UNIT_ROUNDOFF,
    overflows: false,
  };
}
