import type { CheckingPolicy, CheckName } from './checking.ts';
import type { Failure } from './failure.ts';
import type { AgentId, JobId } from './ids.ts';
import type { OperatorNode } from './operator.ts';
import type { BlobRef, NamedTensor } from './work.ts';

/** What a producer asks for, parsed. */
export type JobSpec = {
  readonly name: string;
  readonly workload: WorkloadSpec;
} & JobTerms;

/** How a job is to be served. */
export type JobTerms = {
  readonly checking: CheckingPolicy;
  /** Null: fitted to each device. */
  readonly rowsPerTask: number | null;
  /** Its share among other jobs: 1 to JOB_WEIGHT_MAX. */
  readonly weight: number;
  /** It fails when this long after its acceptance it has not ended; null: it may take for ever. */
  readonly deadlineMs: number | null;
  /** The producer's own agent, as its signature showed: its job has a little more weight. */
  readonly contributor: AgentId | null;
};

/** How a job is served where its producer says nothing of it. */
export const USUAL_TERMS: JobTerms = {
  checking: { kind: 'adaptive' },
  rowsPerTask: null,
  weight: 1,
  deadlineMs: null,
  contributor: null,
};

export type WorkloadSpec = InferenceSpec | OperatorsSpec | AuditSpec;

/** A model over a data set: row i of each output belongs to row i of the inputs. */
export type InferenceSpec = {
  readonly kind: 'inference';
  readonly model: BlobRef;
  readonly inputs: readonly NamedTensor[];
  /** Given once for the whole job, not cut by rows. */
  readonly constants: readonly NamedTensor[];
  /** Empty: all outputs of the model. */
  readonly outputs: readonly string[];
};

/** A graph of operator calls, in an order in which they can run. */
export type OperatorsSpec = {
  readonly kind: 'operators';
  readonly inputs: readonly NamedTensor[];
  readonly nodes: readonly OperatorNode[];
  readonly outputs: readonly string[];
};

/**
 * Entries of a log, each in a row of its own: two bytes of length, highest first, the entry, zeros.
 *
 * Output "findings", uint8 [rows, 33]: 1 where the entry is well-formed and its signature valid,
 * and the hash that it has as a leaf of the log's tree (RFC 6962).
 */
export type AuditSpec = {
  readonly kind: 'audit';
  /** One tensor, uint8 [rows, bytes]. */
  readonly inputs: readonly NamedTensor[];
};

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'canceled';

/** A job as it stands. Counts are of the stage at work. */
export type JobView = {
  readonly job: JobId;
  readonly name: string;
  readonly workload: WorkloadSpec['kind'];
  readonly state: JobState;
  readonly submittedAtMs: number;
  readonly endedAtMs: number | null;
  readonly stage: number;
  readonly stageCount: number;
  readonly taskCount: number;
  readonly tasksAccepted: number;
  readonly tasksLeased: number;
  readonly tasksChecking: number;
  readonly rowCount: number;
  readonly rowsAccepted: number;
  /** Of these, rows of results that were verified by samples, and by another key's agreement. */
  readonly rowsSampled: number;
  readonly rowsAgreed: number;
  /** What each accepted result passed. */
  readonly checks: readonly CheckName[];
  readonly contributorCount: number;
  readonly failure: Failure | null;
};
