import type { WideSeed } from '../domain/random.ts';
import type { Verdict } from '../domain/checking.ts';
import type { AgentId, ContentId, LeaseId, TaskId } from '../domain/ids.ts';
import type { RowRange } from '../domain/tensor.ts';
import type { StageWork, TaskOutput } from '../domain/work.ts';

/**
 * Why a result was rejected, with all that it takes to check it again.
 *
 * As bytes it is canonical dag-cbor, named by its content id: see `encodeEvidence`. Nothing in it
 * is to be believed because it is there: who wants to know runs the check.
 */
export type Evidence = {
  readonly task: TaskId;
  readonly rows: RowRange;
  readonly work: StageWork;
  readonly mode: EvidenceMode;
  /** Of the draw; made after the results were reported. Its width is that of `seedToBytes`. */
  readonly seed: WideSeed;
  /** What the check judged, in its order: one, or two that were compared. */
  readonly results: readonly JudgedResult[];
  /** Which of the results this evidence is about. Its verdict is 'rejected'. */
  readonly accused: number;
  /** What the accused signed; null where the orchestrator no longer had it. */
  readonly report: SignedResult | null;
  /** Unix time in milliseconds, by the orchestrator's clock. */
  readonly judgedAtMs: number;
  /** Whether all blocks that the check read are here; else the others are fetched by their ids. */
  readonly isWhole: boolean;
  /** Leaves and manifests that the check read. */
  readonly blocks: ReadonlyMap<ContentId, Uint8Array>;
};

/** How the results were checked: as the scheduler's own. */
export type EvidenceMode =
  | { readonly kind: 'recompute'; readonly share: number }
  | { readonly kind: 'compare' }
  /**
   * Of the report alone, whose result does not fit its task: `output` is empty. A block is there
   * only where a blob is shorter than what is said to be in it.
   */
  | { readonly kind: 'structure' };

export type JudgedResult = {
  readonly agent: AgentId;
  readonly output: TaskOutput;
  readonly verdict: Verdict;
};

/** A report as its agent signed and sent it (purpose "report"), and which of its results counts. */
export type SignedResult = {
  readonly lease: LeaseId;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  /** Unix time in milliseconds, by the orchestrator's clock. */
  readonly receivedAtMs: number;
};
