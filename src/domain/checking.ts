/**
 * How a job's results are checked before they may enter its output. Structure always is.
 *
 * - recompute: the orchestrator recomputes this share of each result's rows, drawn at random
 *   after the result was reported (at least one row). 1 means all.
 * - twice: two different keys compute each task; equal within tolerance, or the orchestrator
 *   recomputes all rows and tells who was wrong.
 * - auto: twice while a second able agent is present, otherwise recompute all.
 */
export type CheckingPolicy =
  | { readonly kind: 'auto' }
  | { readonly kind: 'twice' }
  | { readonly kind: 'recompute'; readonly share: number };

/** What a check found of one agent's result for one task. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** Wrong numbers or broken structure: counts against the agent. */
  | { readonly kind: 'rejected'; readonly reason: string };
