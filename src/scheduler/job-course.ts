// A job's way from stage to stage to its end. (Its states are in step.ts.)
import { failure } from '../domain/failure.ts';
import { ENDED_JOBS_MAX, REAPED_PER_EVENT_MAX, STAGE_TASKS_MAX } from '../domain/limits.ts';
import type { RowRange } from '../domain/tensor.ts';
import { Chain } from './chain.ts';
import { contentsOf, releaseContents } from './contents.ts';
import type { JobEnd, SchedulerEffect } from './effect.ts';
import type { StagePlan } from './event.ts';
import { delist, relist } from './fair-share.ts';
import { viewOfJob } from './job-view.ts';
import { groupOf, leaveGroup } from './matching.ts';
import type { Step } from './outbox.ts';
import { AcceptedRows, FreshRows } from './row-ranges.ts';
import { NONE } from './slot-list.ts';
import type { Job, SchedulerState, Stage } from './state.ts';
import { sealResults } from './provisional.ts';
import { detachTask, removeTask } from './task-course.ts';
import { addFresh, dropFresh } from './waiting-tasks.ts';

/** Most tasks that a plan may cut its rows into. */
export function taskCountOf({ rowCount, cut }: StagePlan): number {
  return Math.ceil(rowCount / (cut.kind === 'fixed' ? cut.rowsPerTask : cut.grainRows));
}

/** A stage before its tasks wait; `beginStage` must follow. */
export function newStage(state: SchedulerState, plan: StagePlan): Stage {
  return {
    plan,
    group: groupOf(state, plan.requirement),
    contents: contentsOf(state, plan.contents),
    rowsClaimed: 0,
    fresh: new FreshRows(),
    freshTasks: 0,
    taskCount: 0,
    returned: new Chain(),
    returnedByKey: new Map(),
    accepted: new AcceptedRows(),
    provisional: new Map(),
    rowsSampled: 0,
    rowsAgreed: 0,
    checksPassed: null,
    tasksAccepted: 0,
    rowsAccepted: 0,
    leasesOut: 0,
    outOfOrigin: new Map(),
    resultsUnjudged: 0,
    rowsHedged: 0,
    lone: new Map(),
    loneLatest: null,
    finished: false,
  };
}

/** Lets the rows of a job's new stage wait that are computed here. */
export function beginStage(step: Step, job: Job, claimed: RowRange | null): void {
  const { plan, group, contents } = job.stage;
  group.jobs.add(job);
  for (const content of contents) content.jobs.add(job);
  step.outbox.jobChanged(job);
  const taskCount = taskCountOf(plan);
  if (taskCount > STAGE_TASKS_MAX) {
    const why = `stage ${plan.stage} has ${taskCount} tasks, more than ${STAGE_TASKS_MAX}`;
    const tooMany = failure('limit_exceeded', `${why}; submit it with more rows in each task`);
    endJob(step, job, { kind: 'failed', failure: tooMany });
    return;
  }
  claimRows(step, job, claimed ?? { start: 0, end: plan.rowCount });
}

/** Lets more rows of a job's stage wait. */
export function claimRows(step: Step, job: Job, rows: RowRange): void {
  const { state, outbox } = step;
  const { stage } = job;
  stage.rowsClaimed += rows.end - rows.start;
  stage.finished = false;
  addFresh(state, stage, rows);
  outbox.jobChanged(job);
  relist(state, job);
  if (stage.rowsAccepted === stage.rowsClaimed) finishStage(step, job);
  else outbox.workAvailable();
}

/** All rows of the stage that are computed here are accepted. */
export function finishStage(step: Step, job: Job): void {
  job.stage.finished = true;
  sealResults(step.state, job.stage);
  step.outbox.put(stageFinished(job));
}

/** The effect that hands a finished stage over to be assembled. */
export function stageFinished({ id, stage }: Job): SchedulerEffect {
  const results = stage.accepted.inOrder();
  return { kind: 'stage-finished', job: id, stage: stage.plan.stage, results };
}

/** Takes a job out of its stage: another follows, or the job ends. */
export function leaveStage(state: SchedulerState, job: Job): void {
  delist(job);
  sealResults(state, job.stage);
  dropFresh(state, job.stage);
  releaseContents(state, job);
  leaveGroup(state, job);
}

/** Ends a job: leases and results of it count no more, and only its view stays. */
export function endJob(step: Step, job: Job, end: JobEnd): void {
  const { state } = step;
  if (job.ended) return;
  job.ended = true;
  leaveStage(state, job);
  if (state.jobDeadlines.has(job)) state.jobDeadlines.remove(job);
  state.jobs.delete(job.id);
  state.remains.push(job);
  const view = viewOfJob(job, { end, atMs: step.atMs });
  state.endedJobs.set(job.id, { number: job.number, view });
  for (const oldest of state.endedJobs.keys()) {
    if (state.endedJobs.size <= ENDED_JOBS_MAX) break;
    state.endedJobs.delete(oldest);
  }
  step.outbox.put({ kind: 'job-ended', job: job.id, end });
}

/**
 * Clears away some tasks of jobs that ended.
 *
 * A job may end with a million of them; no event pays for all.
 */
export function clearRemains(state: SchedulerState): void {
  let left = REAPED_PER_EVENT_MAX;
  for (let job = state.remains[0]; job !== undefined; job = state.remains[0]) {
    while (job.tasks.first !== NONE) {
      if (left-- === 0) return;
      const task = job.tasks.first;
      detachTask(state, task);
      removeTask(state, task);
    }
    state.jobSlots[job.slot] = null;
    state.remains.shift();
  }
}
