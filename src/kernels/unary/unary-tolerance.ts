import { assertNever } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { NORMAL_MIN, UNIT_ROUNDOFF } from '../float32.ts';
import { smallestMagnitude } from '../magnitude.ts';
import { float32View } from '../tensor-view.ts';
import type { Tolerance } from '../tolerance.ts';
import type { UnaryOperator } from './unary.ts';

/**
 * Relative error of the kernels' exp, tanh, sigmoid, log, gelu and silu: 16 u, with u = 2^-24.
 *
 * Their formulas take fewer than eight roundings that count in full (the series' tails are scaled
 * down), at most two of them quotients, which on a GPU may err by 5 u instead of 1 (WGSL section
 * 15.7.4). Measured on WASM over two million arguments each: below 3 u.
 */
const RELATIVE = 2 ** -20;

/**
 * Error of gelu's gate, 6 u |z| of its argument z = x (a + b x^2), in the result: at most
 * |x| |z| s (1 - s) 6 u with s = sigmoid(z), and |x| |z| s (1 - s) is below 0.26 everywhere.
 */
const GELU_GATE = 2 * UNIT_ROUNDOFF;
/** Where a sigmoid is below the smallest normal number and may be zero, |x| is at most 128. */
const SILU_FLUSHED = 128 * NORMAL_MIN;

/** How far a backend's element may lie from the reference's. */
export function unaryTolerance(
  operator: UnaryOperator,
  { input, error }: { input: Tensor; error: number },
): Tolerance {
  if (operator === 'relu') return { absolute: error, relative: 0, overflows: false };
  const inherited = error === 0 ? 0 : inheritedError(operator, { input, error });
  // Results below the smallest normal number may be flushed to zero.
  const own = operator === 'gelu' ? GELU_GATE : operator === 'silu' ? SILU_FLUSHED : 0;
  return { absolute: inherited + own + 2 * NORMAL_MIN, relative: RELATIVE, overflows: false };
}

/** The input's error times the steepest slope within its reach. */
function inheritedError(
  operator: Exclude<UnaryOperator, 'relu'>,
  { input, error }: { input: Tensor; error: number },
): number {
  const values = float32View(input);
  switch (operator) {
    case 'tanh':
      return error;
    case 'sigmoid':
      return error / 4;
    case 'gelu':
    case 'silu':
      // Their slopes are nowhere above 1.13.
      return 1.13 * error;
    case 'exp':
      // A NaN among them has no say.
      return (
        Math.exp(values.reduce((high, x) => (x > high ? x : high), -Infinity)) * Math.expm1(error)
      );
    case 'log': {
      const smallest = smallestMagnitude(values);
      return smallest <= error ? Infinity : error / (smallest - error);
    }
    default:
      return assertNever(operator);
  }
}
