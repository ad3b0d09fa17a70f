import type { Capability } from '../domain/capability.ts';
import type { CheckingPolicy, Verdict } from '../domain/checking.ts';
import type { Failure } from '../domain/failure.ts';
import type { AgentId, JobId, LeaseId, SessionId, TaskId } from '../domain/ids.ts';
import type { WorkloadSpec } from '../domain/job.ts';
import type { BackendName } from '../domain/operator.ts';
import type { Requirement } from '../domain/work.ts';

/**
 * Everything that can happen to the scheduler. The log of these is the truth: folding it again
 * gives the same state and the same effects.
 */
export type SchedulerEvent = { readonly atMs: number } & SchedulerEventBody;

export type SchedulerEventBody =
  /** Refused without effect where OPEN_JOBS_MAX are open: ask `admitJob` first. */
  | {
      readonly kind: 'job-submitted';
      readonly job: JobId;
      readonly name: string;
      readonly workload: WorkloadSpec['kind'];
      readonly checking: CheckingPolicy;
      readonly stageCount: number;
      /** The first stage. */
      readonly stage: StagePlan;
    }
  /** The former stage is assembled, and this is the next. */
  | { readonly kind: 'stage-planned'; readonly job: JobId; readonly stage: StagePlan }
  /** The last stage is assembled and its output durable. */
  | { readonly kind: 'job-finished'; readonly job: JobId }
  /** Planning or assembling failed. */
  | { readonly kind: 'job-failed'; readonly job: JobId; readonly failure: Failure }
  | { readonly kind: 'job-canceled'; readonly job: JobId }
  /** Ends the same key's former session. Refused where AGENTS_MAX are present. */
  | {
      readonly kind: 'agent-joined';
      readonly agent: AgentId;
      readonly session: SessionId;
      readonly capability: Capability;
    }
  | { readonly kind: 'agent-left'; readonly session: SessionId }
  | { readonly kind: 'lease-requested'; readonly session: SessionId; readonly maxTasks: number }
  | {
      readonly kind: 'results-reported';
      readonly session: SessionId;
      readonly results: readonly ReportedResult[];
    }
  /**
   * A check that was requested came to its verdicts; `accepted` names the result to be used, whose
   * verdict is 'accepted'. A task none of whose results is accepted begins anew.
   */
  | {
      readonly kind: 'judged';
      readonly task: TaskId;
      readonly verdicts: readonly { readonly lease: LeaseId; readonly verdict: Verdict }[];
      readonly accepted: LeaseId | null;
    }
  | { readonly kind: 'heartbeat'; readonly session: SessionId; readonly leases: readonly LeaseId[] }
  | { readonly kind: 'tick' }
  /** The process began anew on this log: leases get a grace, requested checks are asked again. */
  | { readonly kind: 'restarted' };

/** What the core needs to know of a stage; its work stays with the shell. */
export type StagePlan = {
  readonly stage: number;
  readonly requirement: Requirement;
  readonly rowCount: number;
  /** Task i does rows [i * rowsPerTask, min(rowCount, (i + 1) * rowsPerTask)). */
  readonly rowsPerTask: number;
};

/** The shell has parsed the output, found its structure right or wrong, and made it durable. */
export type ReportedResult = {
  readonly lease: LeaseId;
  readonly result:
    | { readonly kind: 'output' }
    | { readonly kind: 'malformed'; readonly reason: string }
    | { readonly kind: 'failed'; readonly failure: Failure };
  readonly computeMs: number;
  readonly backend: BackendName;
};
