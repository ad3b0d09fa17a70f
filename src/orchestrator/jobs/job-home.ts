import type { AgentId, JobId } from '../../domain/ids.ts';
import type { JobSpec, JobView } from '../../domain/job.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { StageWork } from '../../domain/work.ts';
import type { BlockStore } from '../../data/index.ts';
import {
  jobView,
  listJobs,
  type JobPage,
  type KeyHistory,
  type SchedulerEffect,
  type StagePlan,
} from '../../scheduler/index.ts';
import type { JobPlan } from '../../workloads/index.ts';
import type { CheckPool } from '../checking/check-pool.ts';
import type { Coordinator } from '../coordinator.ts';
import type { EvidenceBook } from '../evidence/evidence-book.ts';
import type { SignedReports } from '../evidence/signed-reports.ts';
import type { RememberingStore } from '../log/unjudged-outputs.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import type { StageWorks } from '../stage-works.ts';
import { runStages } from './stage-runner.ts';

/** A job that was planned and may be accepted. */
export type NewJob = {
  readonly job: JobId;
  readonly idempotencyKey: string;
  readonly specDigest: Uint8Array;
  readonly spec: JobSpec;
  readonly plan: JobPlan;
  readonly deadlineAtMs: number | null;
  readonly stage: StagePlan;
  readonly work: StageWork;
};

/** Where jobs are kept and brought from stage to stage: one orchestrator's, or several ones'. */
export type JobHome = {
  /** Makes a job durable. Gives another where its key was used in the same moment. */
  accept(job: NewJob): Promise<Outcome<JobId>>;
  /** How a job stands, or stood when it ended; null where there is none. */
  view(job: JobId): Promise<JobView | null>;
  list(page: { readonly afterToken?: string; readonly limit: number }): Promise<Outcome<JobPage>>;
  cancel(job: JobId): Promise<Outcome<void>>;
  /**
   * Whether accepted results may be revoked until their stage is finished. Where they may not,
   * nothing is accepted for samples of it.
   */
  readonly mayRevoke: boolean;
  /** What a key did elsewhere. */
  historyOf(agent: AgentId): Promise<Outcome<KeyHistory | null>>;
  /** Tells all who would bar a key that the operator ended its quarantine. */
  release(agent: AgentId, reason: string): Promise<Outcome<void>>;
  /** Told each effect. */
  carryOut(effect: SchedulerEffect): void;
  /** Before the log of what came to pass so far may go. Errors: then it stays. */
  beforeShortening(): Promise<Outcome<void>>;
  begin(): Promise<void>;
  /** Takes up nothing more; before the coordinator stops. */
  stop(): Promise<void>;
  /** Lets go, after the coordinator stopped and before the store is closed. */
  leave(): Promise<void>;
};

export type HomeParts = {
  readonly coordinator: Coordinator;
  readonly store: RememberingStore;
  readonly blocks: BlockStore;
  readonly works: StageWorks;
  readonly pool: CheckPool;
  readonly evidence: EvidenceBook | null;
  readonly reports: SignedReports;
  readonly logger: Logger;
  readonly now: () => number;
  readonly platform: Platform;
  /** A job changed or ended. */
  readonly changed: (job: JobId) => void;
  /** Those that somebody watches. */
  readonly watched: () => readonly JobId[];
};

/** Jobs of one orchestrator, which has its store alone. */
export function homeAlone(parts: HomeParts): JobHome {
  const { coordinator, store, works, logger, changed } = parts;
  const runStage = runStages(parts);

  /** An ended job is kept as it stood; what its tasks put out is dropped. */
  const endJob = (job: JobId): void => {
    const view = jobView(coordinator.state, job);
    if (view !== null) void coordinator.keep([{ kind: 'ended', view }]);
    works.forget(job);
    changed(job);
    logger.info('job ended', { job, state: view?.state ?? 'unknown' });
  };

  return {
    async accept({ idempotencyKey, specDigest, plan, work, ...rest }) {
      const { job, spec, stage } = rest;
      const submitted = await coordinator.submit({ ...submissionOf({ ...rest, plan }), stage }, [
        { kind: 'job', job, idempotencyKey, specDigest, spec, plan },
        { kind: 'work', job, stage: 0, work },
      ]);
      return submitted.ok ? succeed(job) : submitted;
    },
    view: async (job) => jobView(coordinator.state, job) ?? (await store.endedJob(job)),
    list: async (page) => listJobs(coordinator.state, page),
    async cancel(job) {
      const canceled = await coordinator.submit({ kind: 'job-canceled', job });
      return canceled.ok ? succeed(undefined) : canceled;
    },
    mayRevoke: true,
    historyOf: async () => succeed(null),
    release: async () => succeed(undefined),
    carryOut(effect) {
      if (effect.kind === 'stage-finished') runStage(effect);
      if (effect.kind === 'job-ended') endJob(effect.job);
      if (effect.kind === 'job-changed') changed(effect.job);
    },
    beforeShortening: async () => succeed(undefined),
    async begin() {
      for (const job of await store.jobsWithoutEnd()) {
        if (jobView(coordinator.state, job)?.endedAtMs !== null) endJob(job);
      }
    },
    stop: async () => {},
    leave: async () => {},
  };
}

/** What schedulers need to know of a job. */
export function submissionOf(of: Pick<NewJob, 'job' | 'spec' | 'plan' | 'deadlineAtMs'>) {
  const { job, spec, plan, deadlineAtMs } = of;
  return {
    kind: 'job-submitted',
    job,
    name: spec.name,
    workload: spec.workload.kind,
    checking: spec.checking,
    stageCount: plan.stageCount,
    weight: spec.weight,
    deadlineAtMs,
    contributor: spec.contributor,
    claimed: null,
  } as const;
}
