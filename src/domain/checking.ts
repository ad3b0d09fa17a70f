/**
 * How a job's results are checked before they may enter its output. Structure always is.
 *
 * - recompute: the orchestrator recomputes this share of each result's rows, drawn at random
 *   after the result was reported (at least one row). 1 means all.
 * - twice: two different keys compute each task; equal within tolerance, or the orchestrator
 *   recomputes all rows and tells who was wrong.
 * - adaptive: the orchestrator checks each result by the cheapest way that suffices: a graph of
 *   operators completely, a model by rows of which fewer are drawn the longer its key's record is.
 * - auto: twice while a second able agent is present, otherwise recompute all. What jobs had before
 *   there was 'adaptive': no producer can ask for it any more.
 */
export type CheckingPolicy =
  | { readonly kind: 'adaptive' }
  | { readonly kind: 'auto' }
  | { readonly kind: 'twice' }
  | { readonly kind: 'recompute'; readonly share: number };

/**
 * How an accepted result was verified.
 *
 * - complete: all of it, with the soundness that its checks declare (validation/catalogue.ts).
 * - sampled: some of its rows. It may yet be revoked, until its stage is sealed.
 * - agreed: another key's result is the same.
 */
export type Verification = 'complete' | 'sampled' | 'agreed';

/**
 * Ways to find out whether a result is right; see validation/catalogue.ts.
 *
 * Logs name them by their places: new ones go at the end.
 */
export const CHECK_NAMES = [
  'structure',
  'signature',
  'digest',
  'finite-and-range',
  'freivalds-exact',
  'freivalds-float',
  'witness',
  'recompute-rows',
  'redundancy',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** Some of CHECK_NAMES, a bit each by its place: every result has such a set. */
export type CheckSet = number;

export function checkSetOf(names: readonly CheckName[]): CheckSet {
  return names.reduce((set, name) => set | (1 << CHECK_NAMES.indexOf(name)), 0);
}

export function checkNamesIn(set: CheckSet): readonly CheckName[] {
  return CHECK_NAMES.filter((_, place) => (set & (1 << place)) !== 0);
}

/** What a check found of one agent's result for one task. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** Wrong numbers or broken structure: counts against the agent. */
  | { readonly kind: 'rejected'; readonly reason: string };
