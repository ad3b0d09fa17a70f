import type { AgentId, EvidenceId, JobId } from './ids.ts';
import type { RowRange } from './tensor.ts';

/** What a list tells of an evidence bundle; the bundle itself proves it. */
export type EvidenceSummary = {
  readonly id: EvidenceId;
  /** Whose result was rejected. */
  readonly agent: AgentId;
  readonly job: JobId;
  readonly rows: RowRange;
  readonly check: 'recompute' | 'compare' | 'structure';
  readonly reason: string;
  /** Unix time in milliseconds, by the orchestrator's clock. */
  readonly judgedAtMs: number;
  readonly byteLength: number;
  /** Whether the agent's signed report is in it. */
  readonly isSigned: boolean;
};
