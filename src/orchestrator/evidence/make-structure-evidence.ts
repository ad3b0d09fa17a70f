import type { AgentId, ContentId, TaskId } from '../../domain/ids.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { RowRange } from '../../domain/tensor.ts';
import type { StageWork } from '../../domain/work.ts';
import { evidenceIdOf } from '../../integrity/index.ts';
import {
  encodeEvidence,
  parseEvidence,
  type Evidence,
  type SignedResult,
} from '../../validation/index.ts';
import type { MadeEvidence } from './evidence-order.ts';
import { summaryOf } from './summarise-evidence.ts';

/** A result whose structure is wrong, as its agent signed it. */
export type MalformedResult = {
  readonly task: TaskId;
  readonly rows: RowRange;
  readonly work: StageWork;
  readonly agent: AgentId;
  readonly report: SignedResult;
  readonly reason: string;
  readonly judgedAtMs: number;
  /** The one that shows how long a blob is; none where the report alone shows what is wrong. */
  readonly blocks: ReadonlyMap<ContentId, Uint8Array>;
};

/** Nothing is drawn. */
const NO_SEED = [0, 0, 0, 0] as const;

/**
 * Makes evidence of a malformed result: the signed report shows it, with at most one block.
 *
 * Limits: REPORT_BYTES_MAX and MANIFEST_BYTES_MAX, and the words of the task.
 * Errors: those of `parseEvidence`.
 */
export async function makeStructureEvidence(of: MalformedResult): Promise<Outcome<MadeEvidence>> {
  const { agent, reason, ...rest } = of;
  const evidence: Evidence = {
    ...rest,
    mode: { kind: 'structure' },
    seed: NO_SEED,
    results: [{ agent, output: [], verdict: { kind: 'rejected', reason } }],
    accused: 0,
    isWhole: true,
  };
  const bytes = encodeEvidence(evidence);
  // What no reader would take is not given out.
  const parsed = await parseEvidence(bytes, { nowMs: of.judgedAtMs });
  if (!parsed.ok) return parsed;
  const id = await evidenceIdOf(bytes);
  return succeed({ bytes, summary: summaryOf(evidence, { id, byteLength: bytes.byteLength }) });
}
