import {
  FULLY_CHECKED_RESULTS,
  SAMPLED_SHARE_MIN,
  STAGE_CHECKS,
  TRUSTED_SHARE,
} from '../domain/limits.ts';

/** What the share of rows that is drawn from a result depends on. */
export type SamplingFacts = {
  /** Results of its key that were accepted since the last that was rejected. */
  readonly record: number;
  /** The key is registered with the operator. */
  readonly trusted: boolean;
  /** Results that each agent may be expected to give of this stage, from its begin to its end. */
  readonly resultsOfStage: number;
};

/**
 * Share of a result's rows that is recomputed, in [SAMPLED_SHARE_MIN, 1].
 *
 * A new key is checked in full. With a record of n results the share is FULLY_CHECKED_RESULTS / n:
 * a key that begins to lie, one row a result, is caught after 1 / share = n / FULLY_CHECKED_RESULTS
 * lies on average, so however long it was honest first, at most one of FULLY_CHECKED_RESULTS of its
 * results escapes; what was not sealed by then is computed anew. A registered key begins lower.
 *
 * Of each stage STAGE_CHECKS results of a key are recomputed, as rows spread evenly over all N that it
 * gives. Of k lies, one row each, none is found with a chance of (1 - share)^k, and then k are sealed:
 * at most N / (e STAGE_CHECKS) on average, whichever k its author chose. Were the same work spent on
 * the last results alone, those before would be looked at less, and who lies can tell them apart.
 */
export function sampledShare({ record, trusted, resultsOfStage }: SamplingFacts): number {
  const begin = trusted ? TRUSTED_SHARE : 1;
  const earned = record <= FULLY_CHECKED_RESULTS ? 1 : FULLY_CHECKED_RESULTS / record;
  const ofStage = Math.min(1, STAGE_CHECKS / resultsOfStage);
  return Math.max(SAMPLED_SHARE_MIN, Math.min(begin, earned), ofStage);
}
