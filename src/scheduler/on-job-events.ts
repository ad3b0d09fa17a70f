import { failure, type Failure } from '../domain/failure.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobView } from '../domain/job.ts';
import { ENDS_PER_TICK_MAX, OPEN_JOBS_MAX } from '../domain/limits.ts';
import type { JobEnd } from './effect.ts';
import type { SchedulerEvent } from './event.ts';
import { relist } from './fair-share.ts';
import { beginStage, claimRows, endJob, finishStage, leaveStage, newStage } from './job-course.ts';
import type { Step } from './outbox.ts';
import { newList } from './slot-list.ts';
import type { Job, SchedulerState } from './state.ts';
import { takeFresh } from './waiting-tasks.ts';

type EventOf<Kind extends SchedulerEvent['kind']> = SchedulerEvent & { readonly kind: Kind };

/** Begins a job; changes nothing where it is known already, or OPEN_JOBS_MAX are open. */
export function onJobSubmitted(step: Step, event: EventOf<'job-submitted'>): void {
  const { state, atMs } = step;
  if (state.jobs.has(event.job) || state.endedJobs.has(event.job)) return;
  if (state.jobs.size >= OPEN_JOBS_MAX) return;
  const job: Job = {
    id: event.job,
    slot: freeSlot(state),
    name: event.name,
    workload: event.workload,
    checking: event.checking,
    stageCount: event.stageCount,
    submittedAtMs: atMs,
    number: state.jobCount++,
    weight: event.weight,
    deadlineAtMs: event.deadlineAtMs,
    contributor: event.contributor,
    contributors: new Set(),
    running: false,
    ended: false,
    stage: newStage(state, event.stage),
    tasks: newList(),
    served: state.served,
    openPlace: { at: -1 },
    freshPlace: { at: -1 },
    deadlinePlace: { at: -1 },
    closing: false,
  };
  state.jobs.set(job.id, job);
  state.jobSlots[job.slot] = job;
  if (job.deadlineAtMs !== null) state.jobDeadlines.add(job);
  beginStage(step, job, event.claimed);
}

/**
 * Begins the next stage, once; a plan for an earlier one is late. Where other schedulers share the
 * job, stages of which no row came here are left out.
 */
export function onStagePlanned(step: Step, event: EventOf<'stage-planned'>): void {
  const { state } = step;
  const job = state.jobs.get(event.job);
  if (job === undefined || !job.stage.finished) return;
  if (event.stage.stage <= job.stage.plan.stage) return;
  leaveStage(state, job);
  job.stage = newStage(state, event.stage);
  beginStage(step, job, event.claimed);
}

/** Has more rows of the stage at work computed here. */
export function onRowsClaimed(step: Step, event: EventOf<'rows-claimed'>): void {
  const job = step.state.jobs.get(event.job);
  if (job === undefined || job.stage.plan.stage !== event.stage) return;
  claimRows(step, job, event.rows);
}

/** Takes over what another scheduler accepted. */
export function onRowsAdopted(step: Step, event: EventOf<'rows-adopted'>): void {
  const { state, outbox } = step;
  const job = state.jobs.get(event.job);
  if (job === undefined || job.stage.plan.stage !== event.stage) return;
  const { stage } = job;
  for (const { lease, rows } of event.results) {
    if (!takeFresh(state, stage, rows)) continue;
    const { start, end } = rows;
    stage.accepted.set(stage.taskCount++, { start, rows: end - start, lease });
    stage.tasksAccepted++;
    stage.rowsAccepted += end - start;
    job.running = true;
    outbox.jobChanged(job);
  }
  relist(state, job);
  if (!stage.finished && stage.rowsAccepted === stage.rowsClaimed) finishStage(step, job);
}

/** Ends a job that is open. */
export function onJobOver(step: Step, of: { readonly job: JobId; readonly end: JobEnd }): void {
  const job = step.state.jobs.get(of.job);
  if (job === undefined) return;
  if (of.end.kind === 'done' && !job.stage.finished) return;
  endJob(step, job, of.end);
}

/** Ends the jobs whose deadline has come: nobody needs what they would put out. */
export function endLateJobs(step: Step): void {
  const { jobDeadlines } = step.state;
  for (let ended = 0; ended < ENDS_PER_TICK_MAX; ended++) {
    const job = jobDeadlines.first;
    if (job === null || (job.deadlineAtMs ?? Infinity) > step.atMs) return;
    const { stage } = job;
    const { rowsAccepted, rowsClaimed: rowCount } = stage;
    const late = deadlinePassed({ stage: stage.plan.stage, rowsAccepted, rowCount });
    endJob(step, job, { kind: 'failed', failure: late });
  }
}

/** Why a job failed that was at one of its stages when its deadline came. */
export function deadlinePassed(of: Pick<JobView, 'stage' | 'rowsAccepted' | 'rowCount'>): Failure {
  const done = `${of.rowsAccepted} of ${of.rowCount} rows of stage ${of.stage}`;
  const text = `the deadline passed with ${done} accepted`;
  const remedy = 'Submit it with a later deadline or a larger weight';
  return failure('deadline_passed', `${text}. ${remedy}.`);
}

function freeSlot({ jobSlots }: SchedulerState): number {
  const free = jobSlots.indexOf(null);
  return free === -1 ? jobSlots.length : free;
}
