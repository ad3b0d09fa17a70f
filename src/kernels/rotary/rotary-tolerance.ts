import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { FLOAT32_MAX, NORMAL_MIN, UNIT_ROUNDOFF } from '../float32.ts';
import { largestMagnitude } from '../magnitude.ts';
import { gamma } from '../rounding.ts';
import { float32View } from '../tensor-view.ts';
import type { Tolerance } from '../tolerance.ts';

/**
 * How far an element may lie from the reference's: two products and their sum are rounded, gamma(2) of
 * |a cos| + |b sin|, which is at most twice the largest number times the largest of the table. Of
 * operands and products that are subnormal any may be zero. Errors of inputs add up over both products.
 */
export function rotaryTolerance(
  [x, , table]: readonly Tensor[],
  [xError = 0, , tableError = 0]: readonly number[],
): Tolerance {
  assert(x !== undefined && table !== undefined, 'rotary was checked');
  const [number, turn] = [x, table].map((tensor) => largestMagnitude(float32View(tensor)));
  const [a = 0, b = 0] = [number, turn];
  const magnitude = 2 * (a + xError) * (b + tableError);
  const inherited = magnitude - 2 * a * b;
  return {
    absolute: gamma(2) * magnitude + inherited + NORMAL_MIN * (2 * (a + b) + 4),
    relative: 2 * UNIT_ROUNDOFF,
    overflows: magnitude >= FLOAT32_MAX / 2,
  };
}
