import type { Verdict } from '../../domain/checking.ts';
import type { EvidenceSummary } from '../../domain/evidence.ts';
import type { AgentId, TaskId } from '../../domain/ids.ts';
import type { SignedResult } from '../../validation/index.ts';
import type { CheckOrder } from '../checking/check-message.ts';

/** A check that rejected a result, to be made again with note of what it reads. */
export type EvidenceOrder = {
  readonly kind: 'evidence';
  readonly check: CheckOrder;
  readonly task: TaskId;
  /** As of each result of the check, in its order. */
  readonly agents: readonly AgentId[];
  readonly verdicts: readonly Verdict[];
  /** Which of the results the evidence is about. */
  readonly accused: number;
  readonly report: SignedResult | null;
  readonly judgedAtMs: number;
};

/** A bundle as it is kept. */
export type MadeEvidence = { readonly summary: EvidenceSummary; readonly bytes: Uint8Array };
