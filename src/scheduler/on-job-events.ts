import type { JobId } from '../domain/ids.ts';
import { OPEN_JOBS_MAX } from '../domain/limits.ts';
import type { JobEnd } from './effect.ts';
import type { SchedulerEvent } from './event.ts';
import { beginStage, endJob, newStage } from './job-course.ts';
import { leaveGroup } from './matching.ts';
import type { Step } from './outbox.ts';
import type { Job } from './state.ts';

type Submitted = SchedulerEvent & { readonly kind: 'job-submitted' };
type StagePlanned = SchedulerEvent & { readonly kind: 'stage-planned' };

/** Begins a job; changes nothing where it is known already, or OPEN_JOBS_MAX are open. */
export function onJobSubmitted(step: Step, event: Submitted): void {
  const { state, atMs } = step;
  if (state.jobs.has(event.job) || state.endedJobs.has(event.job)) return;
  if (state.jobs.size >= OPEN_JOBS_MAX) return;
  const job: Job = {
    id: event.job,
    name: event.name,
    workload: event.workload,
    checking: event.checking,
    stageCount: event.stageCount,
    submittedAtMs: atMs,
    number: state.jobCount++,
    contributors: new Set(),
    running: false,
    stage: newStage(state, event.stage),
    turn: 0,
    openLink: null,
  };
  state.jobs.set(job.id, job);
  beginStage(step, job);
}

/** Begins the next stage, once; a plan for any other stage is late. */
export function onStagePlanned(step: Step, event: StagePlanned): void {
  const { state } = step;
  const job = state.jobs.get(event.job);
  if (job === undefined || !job.stage.finished) return;
  if (event.stage.stage !== job.stage.plan.stage + 1) return;
  leaveGroup(state, job);
  job.stage = newStage(state, event.stage);
  beginStage(step, job);
}

/** Ends a job that is open. */
export function onJobOver(step: Step, of: { readonly job: JobId; readonly end: JobEnd }): void {
  const job = step.state.jobs.get(of.job);
  if (job === undefined) return;
  if (of.end.kind === 'done' && !job.stage.finished) return;
  endJob(step, job, of.end);
}
