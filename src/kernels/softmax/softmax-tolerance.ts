import type { Tensor } from '../../domain/tensor.ts';
import { NORMAL_MIN, UNIT_ROUNDOFF } from '../float32.ts';
import { gamma, summationDepth } from '../rounding.ts';
import type { Tolerance } from '../tolerance.ts';

/**
 * Relative errors of a share but for its distance and its sum: two exponentials, one above and one
 * within the sum, each 8 u at most (see unary-tolerance), and a quotient, 5 u on a GPU. In u.
 */
const ROUNDINGS = 8 + 8 + 5 + 1;

/**
 * How far a share may lie from the reference's.
 *
 * Let d be how far an element is below its row's highest, and s = e^-d / sum its share. The distance
 * is rounded: d u, which the exponential makes a relative error. Of the share itself that is
 * s d u <= e^-d d u <= u / e, absolute, since the sum is at least 1. Of the sum it is the mean of d
 * weighted by shares, at most ln n, relative. The rest is relative too: ROUNDINGS, and the sum of n
 * numbers that are not negative, gamma(depth).
 *
 * Exponentials below the smallest normal number may be zero: n 2^-126 of the sum, and the share.
 * Errors e of the input move each exponential by a factor of e^(+-e), and a share by e^(+-2e).
 */
export function softmaxTolerance(
  [input]: readonly Tensor[],
  [error = 0]: readonly number[],
): Tolerance {
  const columns = input?.shape[1] ?? 0;
  const relative = ROUNDINGS + Math.log(Math.max(columns, 1));
  return {
    absolute: Math.expm1(2 * error) + UNIT_ROUNDOFF / Math.E + (columns + 2) * NORMAL_MIN,
    relative: relative * UNIT_ROUNDOFF + gamma(summationDepth(columns)),
    overflows: false,
  };
}
