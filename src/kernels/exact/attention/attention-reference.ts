import { bitLength, clamp, requantize, roundShift } from '../fixed-point.ts';
import { ZERO_POINT, type ExactScale } from '../gpt/gpt.ts';
import { EXPONENTIALS } from './exponentials.ts';

/**
 * One query of one head over the keys up to its own.
 *
 * Shapes: query [headSize] in -64..63, keys and values one [headSize] i8 a token ->
 * [headSize] u8 in 0..127, zero point 64.
 * Limits: keys.length in 1..EXACT_CONTEXT_MAX, headSize <= EXACT_HEAD_SIZE_MAX.
 */
export function attentionReference(of: {
  readonly query: readonly number[];
  readonly keys: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
  readonly score: ExactScale;
  readonly attended: ExactScale;
}): number[] {
  const { query, keys, values, score, attended } = of;
  const scores = keys.map((key) => dot(query, key));
  const largest = Math.max(...scores);
  const weights = scores.map((each) => {
    const index = requantize(largest - each, score);
    return EXPONENTIALS[Math.min(index, 255)] ?? 0;
  });
  const scale = rowScale(
    weights.reduce((sum, weight) => sum + weight, 0),
    attended,
  );
  return query.map((_, column) => {
    const sum = dot(
      weights,
      values.map((value) => value[column] ?? 0),
    );
    return ZERO_POINT + clamp(requantize(sum, scale), { low: -64, high: 63 });
  });
}

/** What divides by the sum of weights and brings values to the attended step. */
export function rowScale(sum: number, attended: ExactScale): ExactScale {
  const up = 15 - bitLength(sum);
  const scaled = up >= 0 ? sum << up : sum >> -up;
  const reciprocal = Math.floor((2 ** 29 - 1) / scaled);
  const multiplier = Math.min(32_767, roundShift(reciprocal * attended.multiplier, 15));
  return { multiplier, shift: attended.shift - up - 1 };
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}
