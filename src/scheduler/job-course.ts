// A job's way from stage to stage to its end. (Its states are in step.ts.)
import { failure } from '../domain/failure.ts';
import { ENDED_JOBS_MAX, STAGE_TASKS_MAX } from '../domain/limits.ts';
import { Chain } from './chain.ts';
import type { JobEnd, SchedulerEffect } from './effect.ts';
import type { StagePlan } from './event.ts';
import { viewOfJob } from './job-view.ts';
import { leaseIdOf } from './lease-id.ts';
import { groupOf, leaveGroup } from './matching.ts';
import { delist, relist } from './open-jobs.ts';
import type { Step } from './outbox.ts';
import type { Job, SchedulerState, Stage } from './state.ts';
import { detachTask } from './task-course.ts';

/** How many tasks a plan cuts its rows into. */
export function taskCountOf(plan: StagePlan): number {
  return Math.ceil(plan.rowCount / plan.rowsPerTask);
}

/** A stage before its tasks wait; `beginStage` must follow. */
export function newStage(state: SchedulerState, plan: StagePlan): Stage {
  return {
    plan,
    group: groupOf(state, plan.requirement),
    taskCount: taskCountOf(plan),
    nextFresh: 0,
    tasks: new Map(),
    returned: new Chain(),
    returnedByKey: new Map(),
    accepted: null,
    tasksAccepted: 0,
    rowsAccepted: 0,
    leasesOut: 0,
    resultsUnjudged: 0,
    finished: false,
  };
}

/** Lets the tasks of a job's new stage wait. */
export function beginStage(step: Step, job: Job): void {
  const { state, outbox } = step;
  const { taskCount, group, plan } = job.stage;
  group.jobs.add(job);
  state.tasksWaiting += taskCount;
  if (taskCount > STAGE_TASKS_MAX) {
    const why = `stage ${plan.stage} has ${taskCount} tasks, more than ${STAGE_TASKS_MAX}`;
    const tooMany = failure('limit_exceeded', `${why}; submit it with more rows in each task`);
    endJob(step, job, { kind: 'failed', failure: tooMany });
    return;
  }
  outbox.jobChanged(job);
  relist(state, job);
  if (taskCount === 0) finishStage(step, job);
  else outbox.workAvailable();
}

/** All tasks of the stage are accepted. */
export function finishStage(step: Step, job: Job): void {
  job.stage.finished = true;
  step.outbox.put(stageFinished(step.state, job));
}

/** The effect that hands a finished stage over to be assembled. */
export function stageFinished(state: SchedulerState, job: Job): SchedulerEffect {
  const { accepted, plan } = job.stage;
  const results = Array.from(accepted ?? [], (number) => leaseIdOf(state.seed, number - 1));
  return { kind: 'stage-finished', job: job.id, stage: plan.stage, results };
}

/** Ends a job: leases and results of it count no more, and only its view stays. */
export function endJob(step: Step, job: Job, end: JobEnd): void {
  const { state } = step;
  const { stage } = job;
  delist(job);
  for (const task of stage.tasks.values()) detachTask(step, task);
  state.tasksWaiting -= stage.taskCount - stage.nextFresh;
  leaveGroup(state, job);
  state.jobs.delete(job.id);
  const view = viewOfJob(job, { end, atMs: step.atMs });
  state.endedJobs.set(job.id, { number: job.number, view });
  for (const oldest of state.endedJobs.keys()) {
    if (state.endedJobs.size <= ENDED_JOBS_MAX) break;
    state.endedJobs.delete(oldest);
  }
  step.outbox.jobEnded(job, { kind: 'job-ended', job: job.id, end });
}
