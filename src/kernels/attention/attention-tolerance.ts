import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { FLOAT32_MAX, NORMAL_MIN, UNIT_ROUNDOFF } from '../float32.ts';
import { largestMagnitude, rowNorms } from '../magnitude.ts';
import { gamma, summationDepth, UNBOUNDED } from '../rounding.ts';
import { float32View } from '../tensor-view.ts';
import type { Tolerance } from '../tolerance.ts';

/** Keys of a block, in both kernels. */
const BLOCK = 256;
/** Of each later block: an exponential, 8 u, its product with what was summed, and the sum. In u. */
const RESCALED = 8 + 1 + 1;

/**
 * How far an element may lie from the reference's.
 *
 * A score is a sum of d products, times a scale that is rounded too: off by at most
 * E = (gamma(depth of d) + 3 u) |q| |k| / sqrt(d), which moves each weight by a factor of e^(+-2 E).
 * Distances below the highest score are rounded, however they are taken apart over blocks: their mean
 * weighted by weights is at most ln n, as in softmax, once above and once below. An exponential has
 * 8 u, above and below. Above and below are sums of n terms, by blocks of 256 that are scaled anew:
 * gamma(256 + RESCALED a block). The quotient has 5 u, its roundings 2.
 *
 * All that is relative to a weighted mean of |v|, which is at most the largest. Weights below 2^-126
 * may be zero, as may be subnormal numbers. Where scores or sums may overflow nothing is bounded; nor
 * where inputs carry errors: see magnifiesErrors.
 */
export function attentionTolerance(
  [q, k, v]: readonly Tensor[],
  errors: readonly number[],
): Tolerance {
  assert(q !== undefined && k !== undefined && v !== undefined, 'attention was checked');
  if (errors.some((error) => error > 0)) return UNBOUNDED;
  const [keys = 0, depth = 0] = k.shape;
  const [query, key] = [rowNorms(float32View(q), depth), rowNorms(float32View(k), depth)];
  const score = query.euclidean * key.euclidean;
  const largest = largestMagnitude(float32View(v));
  if (Math.max(score, keys * largest) >= FLOAT32_MAX / 2) return UNBOUNDED;
  const scale = 1 / Math.sqrt(depth);
  const flushed = NORMAL_MIN * (query.sum + key.sum + 2 * depth + 1);
  const scoreError = scale * ((gamma(summationDepth(depth)) + 3 * UNIT_ROUNDOFF) * score + flushed);
  const sum = gamma(Math.min(keys, BLOCK) + 1 + RESCALED * Math.ceil(keys / BLOCK));
  const rest = 2 * Math.log(Math.max(keys, 1)) + 8 + 8 + 5 + 2;
  const share = Math.expm1(2 * scoreError) + 2 * sum + rest * UNIT_ROUNDOFF;
  return {
    absolute: share * largest + NORMAL_MIN * ((keys + 2) * (largest + 1) + 2),
    relative: 2 * UNIT_ROUNDOFF,
    overflows: false,
  };
}
