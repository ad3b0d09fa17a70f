import {
  CLOSING_CHECKS,
  FULLY_CHECKED_RESULTS,
  SAMPLED_SHARE_MIN,
  TRUSTED_SHARE,
} from '../domain/limits.ts';

/** What the share of rows that is drawn from a result depends on. */
export type SamplingFacts = {
  /** Results of its key that were accepted since the last that was rejected. */
  readonly record: number;
  /** The key is registered with the operator. */
  readonly trusted: boolean;
  /** Results that its agent may be expected to give of this stage from here on. */
  readonly resultsToCome: number;
};

/**
 * Share of a result's rows that is recomputed, in [SAMPLED_SHARE_MIN, 1].
 *
 * A new key is checked in full. With a record of n results the share is FULLY_CHECKED_RESULTS / n:
 * a key that begins to lie, one row a result, is caught after 1 / share = n / FULLY_CHECKED_RESULTS
 * lies on average, so however long it was honest first, at most one of FULLY_CHECKED_RESULTS of its
 * results escapes; what was not sealed by then is computed anew. A registered key begins lower.
 *
 * The last results that a key gives of a stage are checked in full: were they sampled, hardly
 * another would be looked at before the stage is sealed, and a lie in them would stay.
 */
export function sampledShare({ record, trusted, resultsToCome }: SamplingFacts): number {
  const begin = trusted ? TRUSTED_SHARE : 1;
  const earned = record <= FULLY_CHECKED_RESULTS ? 1 : FULLY_CHECKED_RESULTS / record;
  const share = Math.max(SAMPLED_SHARE_MIN, Math.min(begin, earned));
  return resultsToCome * share < CLOSING_CHECKS ? 1 : share;
}
