import { assertNever } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { NORMAL_MIN, UNIT_ROUNDOFF } from '../float32.ts';
import { largestMagnitude, smallestMagnitude } from '../magnitude.ts';
import { float32View } from '../tensor-view.ts';
import type { Tolerance } from '../tolerance.ts';
import type { ElementWiseOperator } from './element-wise.ts';

/** Of exact factors. */
const PRODUCT: Tolerance = {
  absolute: 2 * NORMAL_MIN,
  relative: 2 * UNIT_ROUNDOFF,
  overflows: false,
};

/**
 * How far a backend's element may lie from the reference's.
 *
 * Sums and products are rounded once each here and there; a quotient on a GPU may be 2.5 units in
 * the last place off (WGSL section 15.7.4), which is 5 u. Choices are exact.
 */
export function elementWiseTolerance(
  operator: ElementWiseOperator,
  of: { left: Tensor; right: Tensor; leftError: number; rightError: number },
): Tolerance {
  const { leftError, rightError } = of;
  switch (operator) {
    case 'max':
    case 'min':
      return { absolute: Math.max(leftError, rightError), relative: 0, overflows: false };
    case 'add':
    case 'sub':
      return {
        absolute: (leftError + rightError) * (1 + UNIT_ROUNDOFF) + 3 * NORMAL_MIN,
        relative: 2 * UNIT_ROUNDOFF,
        overflows: false,
      };
    case 'mul': {
      // Nothing is multiplied by no error.
      if (leftError === 0 && rightError === 0) return PRODUCT;
      const left = largestMagnitude(float32View(of.left));
      const right = largestMagnitude(float32View(of.right));
      const inherited = left * rightError + right * leftError + leftError * rightError;
      return {
        absolute: inherited * (1 + UNIT_ROUNDOFF) + 2 * NORMAL_MIN,
        relative: 2 * UNIT_ROUNDOFF,
        overflows: false,
      };
    }
    case 'div':
      return {
        absolute: quotientError(of) + NORMAL_MIN,
        relative: 8 * UNIT_ROUNDOFF,
        overflows: false,
      };
    default:
      return assertNever(operator);
  }
}

/** |a/b - a'/b'| <= (da + |a/b| db) / (|b| - db); without bound once b may be zero. */
function quotientError(of: {
  left: Tensor;
  right: Tensor;
  leftError: number;
  rightError: number;
}): number {
  if (of.leftError === 0 && of.rightError === 0) return 0;
  const top = largestMagnitude(float32View(of.left));
  const bottom = smallestMagnitude(float32View(of.right));
  if (bottom <= of.rightError) return Infinity;
  return (of.leftError + (top / bottom) * of.rightError) / (bottom - of.rightError);
}
