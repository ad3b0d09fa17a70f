// What becomes of a task, by what happens to it. (Its states are in step.ts.)
import { taskIdOf, type TaskId } from '../domain/ids.ts';
import {
  LOST_TRIES_PER_AGENT_MAX,
  SECOND_OPINION_MS,
  TASK_ATTEMPTS_MAX,
  UNJUDGED_FOR_SECOND_OPINION_MAX,
} from '../domain/limits.ts';
import type { RowRange } from '../domain/tensor.ts';
import { nextMove } from './checking-rules.ts';
import type { CheckMode, SchedulerEffect } from './effect.ts';
import { endJob, finishStage } from './job-course.ts';
import { settleLease } from './leases.ts';
import { othersAble } from './matching.ts';
import { relist } from './open-jobs.ts';
import type { Step } from './outbox.ts';
import type { FailedTry, Lease, Task } from './state.ts';
import { failureOfTask } from './task-failure.ts';
import { addReturned, removeWaiting } from './waiting-tasks.ts';

/** The rows of a task. */
export function rowsOf(task: Task): RowRange {
  const { rowCount, rowsPerTask } = task.job.stage.plan;
  const start = task.index * rowsPerTask;
  return { start, end: Math.min(rowCount, start + rowsPerTask) };
}

/** The id of a task. */
export function idOfTask(task: Task): TaskId {
  return taskIdOf(task.job.id, { stage: task.job.stage.plan.stage, index: task.index });
}

/** Moves a task on that is neither leased, nor waiting, nor being checked. */
export function advance(step: Step, task: Task): void {
  const { job } = task;
  step.outbox.jobChanged(job);
  if (task.failedTries.length >= TASK_ATTEMPTS_MAX) {
    endJob(step, job, { kind: 'failed', failure: failureOfTask(idOfTask(task), task.failedTries) });
    return;
  }
  const move = nextMove(job.checking, {
    resultCount: task.results.length,
    secondExpected: isSecondExpected(step, task),
  });
  if (move.kind === 'check') {
    requestCheck(step, task, move.mode);
    return;
  }
  addReturned(step.state, task, step.atMs);
  relist(step.state, job);
  step.outbox.workAvailable();
  if (job.checking.kind === 'auto') awaitSecondOpinion(step, task);
}

/** Has a task's results checked. It may wait for a second opinion no longer. */
export function requestCheck(step: Step, task: Task, mode: CheckMode): void {
  endSecondOpinionWait(step, task);
  if (task.wait !== null) {
    removeWaiting(step.state, task);
    relist(step.state, task.job);
  }
  task.check = mode;
  step.outbox.jobChanged(task.job);
  step.outbox.put(checkRequest(task, mode));
}

/** The effect that asks for a task's check. */
export function checkRequest(task: Task, mode: CheckMode): SchedulerEffect {
  return {
    kind: 'check-requested',
    task: idOfTask(task),
    job: task.job.id,
    stage: task.job.stage.plan.stage,
    rows: rowsOf(task),
    results: task.results.map(({ id, agent }) => ({ lease: id, agent: agent.id })),
    mode,
  };
}

/** The wait for a second opinion is over: its result is recomputed, unless somebody is at it. */
export function endSecondOpinion(step: Step, task: Task): void {
  endSecondOpinionWait(step, task);
  if (task.lease === null) requestCheck(step, task, { kind: 'recompute', share: 1 });
  else task.secondOpinionOverdue = true;
}

/** A lease that is out came to nothing; `tried` is the evidence, null where it was handed back. */
export function returnLease(step: Step, lease: Lease, tried: FailedTry | null): void {
  const { task } = lease;
  settleLease(step, lease);
  if (tried !== null && counts(tried, task)) task.failedTries.push(tried);
  advance(step, task);
}

/** Whoever comes, takes a task and is lost with it again and again says nothing new of the task. */
function counts(tried: FailedTry, task: Task): boolean {
  if (!tried.lost) return true;
  const before = task.failedTries.filter(({ agent, lost }) => lost && agent === tried.agent);
  return before.length < LOST_TRIES_PER_AGENT_MAX;
}

/** A result that was not judged counts no more; its task goes on without it. */
export function dropResult(step: Step, lease: Lease): void {
  const { task } = lease;
  settleLease(step, lease);
  task.check = null;
  endSecondOpinionWait(step, task);
  task.secondOpinionOverdue = false;
  if (task.wait !== null) {
    removeWaiting(step.state, task);
    relist(step.state, task.job);
  }
  if (task.lease === null) advance(step, task);
}

/** Ends a task with the result of one lease. All its leases are settled already. */
export function acceptTask(step: Step, task: Task, by: Lease): void {
  const { job } = task;
  const { stage } = job;
  const rows = rowsOf(task);
  stage.accepted ??= new Float64Array(stage.taskCount);
  stage.accepted[task.index] = by.number + 1;
  stage.tasksAccepted++;
  stage.rowsAccepted += rows.end - rows.start;
  stage.tasks.delete(task.index);
  job.contributors.add(by.agent.id);
  step.outbox.jobChanged(job);
  if (stage.tasksAccepted === stage.taskCount) finishStage(step, job);
}

/** Takes a task out of everything that refers to it: its job ended, or it was judged. */
export function detachTask(step: Step, task: Task): void {
  removeWaiting(step.state, task);
  endSecondOpinionWait(step, task);
  if (task.lease !== null) settleLease(step, task.lease);
  for (const result of task.results) settleLease(step, result);
  task.check = null;
  task.secondOpinionOverdue = false;
}

function isSecondExpected(step: Step, task: Task): boolean {
  const author = task.results[0]?.agent;
  if (author === undefined || task.secondOpinionOverdue) return false;
  if (author.unjudged.size > UNJUDGED_FOR_SECOND_OPINION_MAX) return false;
  return othersAble(step.state, task.job.stage.group, [author.id]);
}

function awaitSecondOpinion(step: Step, task: Task): void {
  if (task.results.length === 0 || task.secondOpinionLink !== null) return;
  task.secondOpinionUntilMs = step.atMs + SECOND_OPINION_MS;
  task.secondOpinionLink = step.state.secondOpinionDeadlines.append(task);
}

function endSecondOpinionWait(step: Step, task: Task): void {
  if (task.secondOpinionLink === null) return;
  step.state.secondOpinionDeadlines.remove(task.secondOpinionLink);
  task.secondOpinionLink = null;
}
