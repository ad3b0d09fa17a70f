import type { Capability } from '../domain/capability.ts';
import type { CheckingPolicy, CheckSet, Verdict } from '../domain/checking.ts';
import type { Failure } from '../domain/failure.ts';
import type { AgentId, JobId, SessionId } from '../domain/ids.ts';
import type { WorkloadSpec } from '../domain/job.ts';
import type { RowRange } from '../domain/tensor.ts';
import type { BlobRef, Requirement, RowCut } from '../domain/work.ts';
import type { AcceptedResult } from './effect.ts';
import type { LeaseNumber, TaskNumber } from './slot-number.ts';

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
      /** Its share of the network among other jobs: 1 to JOB_WEIGHT_MAX. */
      readonly weight: number;
      /** It fails at this instant, Unix time in milliseconds, and gets more weight on the way. */
      readonly deadlineAtMs: number | null;
      /** The producer's own agent: its job has more weight once results of it were accepted. */
      readonly contributor: AgentId | null;
      /** The first stage that is computed here. */
      readonly stage: StagePlan;
      /** Rows of it that are computed here; null: all. */
      readonly claimed: RowRange | null;
    }
  /** More rows of the stage at work are computed here, beside those that are. */
  | {
      readonly kind: 'rows-claimed';
      readonly job: JobId;
      readonly stage: number;
      readonly rows: RowRange;
    }
  /**
   * Rows of the stage at work that nobody is at are computed here no more: those that wait, and
   * under `twice` those whose one result has nobody to give it a second.
   */
  | { readonly kind: 'rows-released'; readonly job: JobId; readonly stage: number }
  /**
   * Rows of the stage at work were accepted by another scheduler: by leases of its numbers, whose
   * outputs are in the store. Those that are not fresh here stay as they are.
   */
  | {
      readonly kind: 'rows-adopted';
      readonly job: JobId;
      readonly stage: number;
      readonly results: readonly AcceptedResult[];
    }
  /** The former stage is assembled, and this is the next, or a later one. */
  | {
      readonly kind: 'stage-planned';
      readonly job: JobId;
      readonly stage: StagePlan;
      /** As of 'job-submitted'. */
      readonly claimed: RowRange | null;
    }
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
      /** What its key did before with other schedulers; of no use where it is known here. */
      readonly history?: KeyHistory;
      /** The address range that it comes from; absent: its own, shared with nobody. */
      readonly origin?: string;
      /** Its key is registered with the operator. */
      readonly trusted?: true;
      /** It lies by order of the operator: nothing of it is ever used. */
      readonly canary?: true;
    }
  /** The operator registered a key, or took its registration back. */
  | { readonly kind: 'trust-changed'; readonly agent: AgentId; readonly trusted: boolean }
  /** The operator ended a key's quarantine. */
  | { readonly kind: 'quarantine-released'; readonly agent: AgentId; readonly reason: string }
  /** The operator undoes all quarantines that began since an instant: they were our own fault. */
  | { readonly kind: 'amnesty-granted'; readonly sinceMs: number; readonly reason: string }
  /**
   * From here on the scheduler decides by these rules. A log is followed by the rules that it was
   * written with, so that it leads to the same decisions: see rules.ts.
   */
  | { readonly kind: 'rules-adopted'; readonly rules: number }
  /** Another scheduler found a result of the key wrong. */
  | {
      readonly kind: 'agent-barred';
      readonly agent: AgentId;
      readonly untilMs: number;
      readonly reason: string;
    }
  | { readonly kind: 'agent-left'; readonly session: SessionId }
  | {
      readonly kind: 'lease-requested';
      readonly session: SessionId;
      readonly maxTasks: number;
      /** Of the ids of what is granted: each process draws its own. Logs of before have none. */
      readonly seed?: number;
    }
  | {
      readonly kind: 'results-reported';
      readonly session: SessionId;
      readonly results: readonly ReportedResult[];
    }
  /** Its agent found that the device computed these wrongly: as long as they have no verdict. */
  | {
      readonly kind: 'results-withdrawn';
      readonly session: SessionId;
      readonly leases: readonly LeaseNumber[];
    }
  /** Checks that were requested came to their verdicts. */
  | { readonly kind: 'judged'; readonly judgements: readonly Judgement[] }
  | {
      readonly kind: 'heartbeat';
      readonly session: SessionId;
      readonly leases: readonly LeaseNumber[];
    }
  | { readonly kind: 'tick' }
  /** The process began anew on this log: leases get a grace, requested checks are asked again. */
  | { readonly kind: 'restarted' };

/** How a key stands with all schedulers that share a database. */
export type KeyHistory = {
  readonly accepted: number;
  readonly rejected: number;
  readonly quarantine: { readonly untilMs: number; readonly reason: string } | null;
};

/** What the core needs to know of a stage; its work stays with the shell. */
export type StagePlan = {
  readonly stage: number;
  readonly requirement: Requirement;
  readonly rowCount: number;
  readonly cut: RowCut;
  /** Estimate of the planner for one row on one lane of a modest device. Milliseconds. */
  readonly msPerRow: number;
  /** What every task needs besides its own rows: the model, inputs that are not cut. */
  readonly contents: readonly BlobRef[];
};

/** What a check found: see `CheckRequest`. */
export type Judgement = {
  readonly task: TaskNumber;
  readonly verdicts: readonly { readonly lease: LeaseNumber; readonly verdict: Verdict }[];
  /** The result to be used, whose verdict is 'accepted'; null: the task begins anew. */
  readonly accepted: LeaseNumber | null;
  /** Only some rows of the result were verified: it may be revoked until its stage is sealed. */
  readonly sampled?: true;
  /** What the accepted result passed; absent in logs from before it was told. */
  readonly checks?: CheckSet;
};

/** The shell has parsed the output, found its structure right or wrong, and made it durable. */
export type ReportedResult = {
  readonly lease: LeaseNumber;
  readonly result:
    | { readonly kind: 'output' }
    | { readonly kind: 'malformed'; readonly reason: string }
    | { readonly kind: 'failed'; readonly failure: Failure };
  /** As its agent tells it. */
  readonly computeMs: number;
};
