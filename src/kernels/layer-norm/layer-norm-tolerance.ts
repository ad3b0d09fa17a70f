import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { FLOAT32_MAX, NORMAL_MIN, UNIT_ROUNDOFF } from '../float32.ts';
import { largestMagnitude } from '../magnitude.ts';
import { NORM_EPSILON } from '../norm-epsilon.ts';
import { gamma, summationDepth, UNBOUNDED } from '../rounding.ts';
import { float32View } from '../tensor-view.ts';
import type { Tolerance } from '../tolerance.ts';

/** Of what is multiplied: a root's reciprocal, 4 u on a GPU, the distance, and three roundings. In u. */
const ROUNDINGS = 4 + 1 + 3;

/**
 * How far an element may lie from the reference's.
 *
 * Let c be the distance of x from its row's mean, and s the root of variance and epsilon. The mean is
 * a sum and a quotient, 5 u on a GPU: it is off by at most a = (gamma(depth) + 6 u) mean |x|, and each
 * distance by as much, and by its own rounding u. Distances add up to nothing, so a mean that is off
 * by a makes the variance larger by a^2 alone; its sum, squares and quotient are relative,
 * g = gamma(depth) + 10 u. So 1/s is off by at most a share of g / 2 + a^2 / (2 s^2) (each at most 1,
 * and doubled here for what is of higher order), and a result before its gain by
 * a / s + |c| / s (that share + ROUNDINGS u).
 *
 * Bias and sum are rounded, relative to themselves. Where squares may pass the largest f32, nothing is
 * bounded; nor where inputs carry errors, because s may be small: see magnifiesErrors.
 */
export function layerNormTolerance(
  [x, gain, bias]: readonly Tensor[],
  errors: readonly number[],
): Tolerance {
  assert(x !== undefined && gain !== undefined && bias !== undefined, 'layer-norm was checked');
  if (errors.some((error) => error > 0)) return UNBOUNDED;
  const columns = x.shape[1] ?? 0;
  const values = float32View(x);
  const depth = gamma(summationDepth(columns));
  const highestGain = largestMagnitude(float32View(gain));
  let worst = 0;
  for (let first = 0; first < values.length; first += columns) {
    const row = spreadOf(values.subarray(first, first + columns));
    // A row that is not finite comes without a rounding error.
    if (row === null) continue;
    const { meanMagnitude, variance, farthest } = row;
    const off = (depth + 6 * UNIT_ROUNDOFF) * meanMagnitude;
    const square = variance + off * off + NORM_EPSILON;
    if (columns * Math.max(square, meanMagnitude) >= FLOAT32_MAX / 2) return UNBOUNDED;
    const share =
      Math.min(1, depth + 10 * UNIT_ROUNDOFF) + Math.min(1, (off * off) / (square - off * off));
    const scale = 1 / Math.sqrt(variance + NORM_EPSILON);
    worst = Math.max(worst, scale * (2 * off + farthest * (share + ROUNDINGS * UNIT_ROUNDOFF)));
  }
  const flushed =
    NORMAL_MIN * (4 + (1 + 1 / Math.sqrt(NORM_EPSILON)) * highestGain + Math.sqrt(columns));
  const added = 2 * UNIT_ROUNDOFF * largestMagnitude(float32View(bias));
  return {
    absolute: worst * highestGain + added + flushed,
    relative: 4 * UNIT_ROUNDOFF,
    overflows: false,
  };
}

function spreadOf(
  row: Float32Array,
): { meanMagnitude: number; variance: number; farthest: number } | null {
  let [sum, magnitude] = [0, 0];
  for (let at = 0; at < row.length; at++) {
    sum += row[at] ?? 0;
    magnitude += Math.abs(row[at] ?? 0);
  }
  if (!Number.isFinite(sum)) return null;
  const mean = sum / row.length;
  let [squares, farthest] = [0, 0];
  for (let at = 0; at < row.length; at++) {
    const distance = Math.abs((row[at] ?? 0) - mean);
    squares += distance * distance;
    farthest = Math.max(farthest, distance);
  }
  return { meanMagnitude: magnitude / row.length, variance: squares / row.length, farthest };
}
