import { assertNever } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { NORMAL_MIN } from '../float32.ts';
import { smallestMagnitude } from '../magnitude.ts';
import { float32View } from '../tensor-view.ts';
import type { Tolerance } from '../tolerance.ts';
import type { UnaryOperator } from './unary.ts';

/**
 * Relative error of the kernels' exp, tanh, sigmoid and log: 16 u, with u = 2^-24.
 *
 * Their formulas take fewer than eight roundings that count in full (the series' tails are scaled
 * down), at most two of them quotients, which on a GPU may err by 5 u instead of 1 (WGSL section
 * 15.7.4). Measured on WASM over two million arguments each: below 3 u.
 */
const RELATIVE = 2 ** -20;

/** How far a backend's element may lie from the reference's. */
export function unaryTolerance(
  operator: UnaryOperator,
  { input, error }: { input: Tensor; error: number },
): Tolerance {
  if (operator === 'relu') return { absolute: error, relative: 0, overflows: false };
  const inherited = error === 0 ? 0 : inheritedError(operator, { input, error });
  // Results below the smallest normal number may be flushed to zero.
  return { absolute: inherited + 2 * NORMAL_MIN, relative: RELATIVE, overflows: false };
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
