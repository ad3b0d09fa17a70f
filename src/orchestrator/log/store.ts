import type { AgentId, JobId } from '../../domain/ids.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import type { JobSpec, JobView } from '../../domain/job.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { NamedTensor, StageWork, TaskOutput } from '../../domain/work.ts';
import type { SchedulerEvent } from '../../scheduler/index.ts';
import type { JobPlan } from '../../workloads/index.ts';

/** One thing to be made durable. */
export type Write =
  | { readonly kind: 'event'; readonly event: SchedulerEvent }
  /** The first output reported under a lease stays; none is kept of a job whose end is. */
  | ({ readonly kind: 'outputs' } & ReportedOutputs)
  | ({ readonly kind: 'job' } & StoredJob)
  | ({ readonly kind: 'work'; readonly work: StageWork } & StageOfJob)
  /** What a stage was assembled to. */
  | ({ readonly kind: 'tensors'; readonly tensors: readonly NamedTensor[] } & StageOfJob)
  | { readonly kind: 'output'; readonly job: JobId; readonly output: readonly NamedTensor[] }
  /** A job is over: how it stood is kept, outputs of its tasks are not. */
  | { readonly kind: 'ended'; readonly view: JobView }
  | { readonly kind: 'keep'; readonly name: string; readonly value: Uint8Array };

export type StageOfJob = { readonly job: JobId; readonly stage: number };

/** What one report brought of one job. */
export type ReportedOutputs = {
  readonly job: JobId;
  readonly agent: AgentId;
  readonly outputs: readonly { readonly lease: LeaseNumber; readonly output: TaskOutput }[];
};

export type StoredJob = {
  readonly job: JobId;
  readonly idempotencyKey: string;
  readonly specDigest: Uint8Array;
  readonly spec: JobSpec;
  readonly plan: JobPlan;
};

/** How far a state has followed the log. */
export type LogPosition = {
  /** Events from the first one on. */
  readonly eventCount: number;
  /** Tasks that were accepted in them. */
  readonly tasksAccepted: number;
};

/** A state as bytes, in place of the events that led to it. */
export type Snapshot = LogPosition & { readonly bytes: Uint8Array };

export type LogLength = { readonly eventCount: number; readonly byteLength: number };

/** What the log holds: the last snapshot, and the events behind it. */
export type LogContent = {
  readonly snapshot: Snapshot | null;
  /** Events behind the snapshot. */
  readonly eventCount: number;
  /**
   * Those events in order, some at a time. Read them before the first commit, and to their end.
   *
   * Errors: "storage_failed" where one cannot be read; nothing comes behind it.
   */
  events(): AsyncIterable<Outcome<EventBatch>>;
};

export type EventBatch = {
  readonly events: readonly SchedulerEvent[];
  /** As they lie in the store. */
  readonly byteLength: number;
};

/**
 * The durable store, with one writer. Adapters keep the facts of `store.contract.ts`.
 *
 * Reads see what was committed before they were asked. They reject, with a FailureError of
 * "storage_failed", only where the disk is broken.
 */
export type Store = {
  /**
   * Makes all of these durable, or none of them; commits happen in the order of their calls.
   *
   * Errors: "storage_full" | "storage_failed"; the store is as before.
   */
  commit(writes: readonly Write[]): Promise<Outcome<void>>;
  /** Errors: "storage_failed" where the snapshot does not verify, or events are missing. */
  readLog(): Promise<Outcome<LogContent>>;
  /**
   * Puts a snapshot in the place of the events that it covers. Until it is durable as a whole they
   * stay, and so does the snapshot before it. Commits go on meanwhile; one snapshot at a time.
   *
   * Errors: "storage_full" | "storage_failed"; the log is as before.
   */
  saveSnapshot(snapshot: Snapshot): Promise<Outcome<void>>;
  /** Outputs of a job by their leases, in that order; null where none is kept. */
  outputs(job: JobId, leases: readonly LeaseNumber[]): Promise<readonly (TaskOutput | null)[]>;
  job(job: JobId): Promise<StoredJob | null>;
  jobByKey(idempotencyKey: string): Promise<StoredJob | null>;
  work(of: StageOfJob): Promise<StageWork | null>;
  /** All tensors that a job's stages were assembled to so far. */
  tensors(job: JobId): Promise<readonly NamedTensor[]>;
  jobOutput(job: JobId): Promise<readonly NamedTensor[] | null>;
  /** How a job stood when it ended; null before. */
  endedJob(job: JobId): Promise<JobView | null>;
  /** Jobs of which no end is kept. */
  jobsWithoutEnd(): Promise<readonly JobId[]>;
  kept(name: string): Promise<Uint8Array | null>;
  /** Ends what is under way, and lets go of the store. */
  close(): Promise<void>;
};
