import type { Capability } from '../domain/capability.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';
import type { JobView, WorkloadSpec } from '../domain/job.ts';
import type { Standing } from '../domain/standing.ts';
import type { RowRange } from '../domain/tensor.ts';

/** An agent that is present. */
export type AgentView = {
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly capability: Capability;
  readonly joinedAtMs: number;
  readonly leases: number;
  readonly standing: Standing;
  /** The operator registered its key. */
  readonly trusted: boolean;
};

/** A key that gets no leases. */
export type QuarantineView = {
  readonly agent: AgentId;
  readonly quarantine: NonNullable<Standing['quarantine']>;
  readonly accepted: number;
  readonly rejected: number;
  readonly isPresent: boolean;
};

/** A session as its later calls need it. */
export type SessionView = {
  readonly agent: AgentId;
  readonly capability: Capability;
  /** Leases that are out. */
  readonly leaseCount: number;
};

/** See validation/sampled-share.ts. */
export type SamplingFacts = {
  readonly workload: WorkloadSpec['kind'];
  readonly record: number;
  readonly trusted: boolean;
  readonly resultsOfStage: number;
};

/** A session that nothing was heard of for AGENT_SILENT_MS. */
export type SilentSession = { readonly session: SessionId; readonly leaseCount: number };

/** A lease that is out, or reported and not yet judged. */
export type LeaseView = {
  readonly job: JobId;
  readonly stage: number;
  /** Of the task within its stage. */
  readonly index: number;
  readonly rows: RowRange;
  readonly agent: AgentId;
  /** A result of it was taken. */
  readonly isReported: boolean;
  /** The holder's; null once it ended, which only a reported lease outlives. */
  readonly session: SessionId | null;
};

/** Jobs, newest first; `nextToken` is null at the end. */
export type JobPage = { readonly jobs: readonly JobView[]; readonly nextToken: string | null };
