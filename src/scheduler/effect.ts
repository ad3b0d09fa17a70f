import type { CheckSet, Verification } from '../domain/checking.ts';
import type { Failure } from '../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';
import type { IdleReason } from '../domain/idle.ts';
import type { ResultStatus } from '../domain/report.ts';
import type { RowRange } from '../domain/tensor.ts';
import type { LeaseNumber, TaskNumber } from './slot-number.ts';

/**
 * What the scheduler wants done. Shells carry effects out only once the event that caused them is
 * durable; after a restart, 'checks-requested' and 'stage-finished' may come again.
 */
export type SchedulerEffect =
  /** Answers lease-requested. */
  | {
      readonly kind: 'leases-granted';
      readonly session: SessionId;
      readonly leases: readonly GrantedLease[];
    }
  /** Answers lease-requested where nothing was granted. */
  | {
      readonly kind: 'lease-refused';
      readonly session: SessionId;
      readonly reason: IdleReason;
      readonly askAgainMs: number;
    }
  /** Answers results-reported: one status a result, in order. */
  | {
      readonly kind: 'results-received';
      readonly session: SessionId;
      readonly statuses: readonly ResultStatus[];
    }
  /** Answers heartbeat. */
  | {
      readonly kind: 'leases-dropped';
      readonly session: SessionId;
      readonly leases: readonly LeaseNumber[];
    }
  /** The session is over: silent too long, left, or its key joined anew. */
  | {
      readonly kind: 'session-ended';
      readonly session: SessionId;
      readonly agent: AgentId;
      readonly reason: 'left' | 'silent' | 'replaced' | 'released';
    }
  /** Answers an event whose session is not known, and a join for which there is no room. */
  | { readonly kind: 'session-unknown'; readonly session: SessionId }
  | { readonly kind: 'checks-requested'; readonly checks: readonly CheckRequest[] }
  /** All rows that are computed here are accepted: whose result has which, in the order of rows. */
  | {
      readonly kind: 'stage-finished';
      readonly job: JobId;
      readonly stage: number;
      readonly results: readonly AcceptedResult[];
    }
  /** Answers rows-released: which rows others may have, in order; none of two ranges touch. */
  | {
      readonly kind: 'rows-released';
      readonly job: JobId;
      readonly stage: number;
      readonly rows: readonly RowRange[];
    }
  | { readonly kind: 'job-ended'; readonly job: JobId; readonly end: JobEnd }
  /** Its view is another now; at most once an event, and not beside 'job-ended'. */
  | { readonly kind: 'job-changed'; readonly job: JobId }
  | { readonly kind: 'tasks-accepted'; readonly tasks: readonly AcceptedTask[] }
  /** Accepted after some of their rows only, and now in doubt: their rows are computed anew. */
  | { readonly kind: 'tasks-revoked'; readonly tasks: readonly RevokedTask[] }
  /** Quarantined for a result that was rejected here; barred for one that was elsewhere. */
  | {
      readonly kind: 'agent-quarantined' | 'agent-barred';
      readonly agent: AgentId;
      readonly untilMs: number;
      readonly reason: string;
    }
  /** By its operator, or by an amnesty. */
  | { readonly kind: 'quarantine-ended'; readonly agent: AgentId; readonly reason: string }
  /** Tasks became open, or a quarantine ended: waiting lease requests are worth another try. */
  | { readonly kind: 'work-available' };

export type GrantedLease = {
  readonly lease: LeaseNumber;
  readonly job: JobId;
  readonly stage: number;
  /** The task's place among those that its stage was cut into. */
  readonly index: number;
  readonly rows: RowRange;
  readonly leaseMs: number;
};

/** Results of one task, of different agents, that are to be judged. */
export type CheckRequest = {
  readonly task: TaskNumber;
  readonly job: JobId;
  readonly stage: number;
  readonly index: number;
  readonly rows: RowRange;
  readonly results: readonly { readonly lease: LeaseNumber; readonly agent: AgentId }[];
  readonly mode: CheckMode;
};

export type AcceptedResult = { readonly lease: LeaseNumber; readonly rows: RowRange };

export type AcceptedTask = {
  readonly job: JobId;
  readonly stage: number;
  /** The task's place among those that its stage was cut into. */
  readonly index: number;
  readonly rows: RowRange;
  /** The result in use. */
  readonly lease: LeaseNumber;
  /** Whose results were found right: one or two. */
  readonly agents: readonly AgentId[];
  /** Under which they were reported, in the order of the agents. */
  readonly leases: readonly LeaseNumber[];
  readonly verification: Verification;
  /** What the result passed, as far as it is known. */
  readonly checks: CheckSet;
};

export type RevokedTask = Pick<AcceptedTask, 'job' | 'stage' | 'index' | 'rows' | 'lease'> & {
  readonly agent: AgentId;
};

/** adaptive: as the shell's policy has it for the agent. recompute: this share of the rows; compare: two results, all rows recomputed if unequal. */
export type CheckMode =
  | { readonly kind: 'adaptive' }
  | { readonly kind: 'recompute'; readonly share: number }
  | { readonly kind: 'compare' };

export type JobEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'canceled' };
