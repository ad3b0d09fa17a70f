import { UNIT_ROUNDOFF } from './float32.ts';
import type { Tolerance } from './tolerance.ts';

/** Bits must agree: integers, moves and choices. */
export const EXACT: Tolerance = { absolute: 0, relative: 0, overflows: false };

/** Any number passes: honest results may be anything. */
export const UNBOUNDED: Tolerance = { absolute: Infinity, relative: 0, overflows: true };

/**
 * Longest chain of additions that an element of a sum goes through, on any backend.
 *
 * The rule of the set: sums run in blocks of at most 256, and then over the blocks' sums.
 */
export function summationDepth(count: number): number {
  return Math.min(count, 256 + Math.ceil(count / 256)) + 1;
}

/** Largest relative error of so many roundings: n u / (1 - n u) (Higham 2002, section 3.1). */
export function gamma(roundings: number): number {
  return (roundings * UNIT_ROUNDOFF) / (1 - roundings * UNIT_ROUNDOFF);
}
