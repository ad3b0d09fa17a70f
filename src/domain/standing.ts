/** How an agent's key stands with an orchestrator. Counts are of tasks. */
export type Standing = {
  readonly accepted: number;
  readonly rejected: number;
  /** Reported and not yet judged. */
  readonly pending: number;
  readonly quarantine: { readonly untilMs: number; readonly reason: string } | null;
};
