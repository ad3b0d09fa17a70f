import { assert } from '../domain/assert.ts';
import type { JobId, LeaseId, TaskId } from '../domain/ids.ts';
import type { SchedulerEvent } from './event.ts';
import type { Step } from './outbox.ts';
import { rejectResultOf } from './quarantine.ts';
import type { Lease, SchedulerState, Task } from './state.ts';
import { acceptTask, advance, detachTask, idOfTask, rowsOf } from './task-course.ts';

type Judged = SchedulerEvent & { readonly kind: 'judged' };

/**
 * Ends a task with the accepted result, or lets it begin anew without any.
 *
 * A verdict that comes too late changes nothing: the task is done, its job ended, or a result that
 * was checked was dropped meanwhile because its agent was quarantined.
 */
export function onJudged(step: Step, event: Judged): void {
  const task = taskById(step.state, event.task);
  if (task === null || task.check === null) return;
  const checked = task.results;
  const isChecked = (lease: LeaseId) => checked.some((result) => result.id === lease);
  if (!event.verdicts.every((judged) => isChecked(judged.lease))) return;
  if (event.accepted !== null && !isChecked(event.accepted)) return;

  const honest = checked.filter((result) => isAccepted(event, result));
  const accepted = honest.find((result) => result.id === event.accepted) ?? null;
  assert(event.accepted === null || accepted !== null, 'a result in use has an accepted verdict');
  detachTask(step, task);
  for (const result of honest) result.agent.accepted++;
  if (accepted !== null) accept(step, task, { accepted, honest });
  else noteTries(task, checked, event);
  rejectLiars(step, checked, event);
  const isOpen = step.state.jobs.get(task.job.id) === task.job;
  if (accepted === null && isOpen) advance(step, task);
}

function accept(
  step: Step,
  task: Task,
  by: { readonly accepted: Lease; readonly honest: readonly Lease[] },
): void {
  const { start, end } = rowsOf(task);
  step.outbox.put({
    kind: 'task-accepted',
    task: idOfTask(task),
    agents: by.honest.map((result) => result.agent.id),
    rowCount: end - start,
  });
  acceptTask(step, task, by.accepted);
}

/** Each result that was of no use is a try that came to nothing. */
function noteTries(task: Task, checked: readonly Lease[], event: Judged): void {
  for (const result of checked) {
    const verdict = verdictOn(event, result);
    const message = verdict?.kind === 'rejected' ? verdict.reason : 'the check gave no result';
    const { id: agent } = result.agent;
    task.failedTries.push({ agent, code: 'execution_failed', message, lost: false });
  }
}

function rejectLiars(step: Step, checked: readonly Lease[], event: Judged): void {
  for (const result of checked) {
    const verdict = verdictOn(event, result);
    if (verdict?.kind === 'rejected') rejectResultOf(step, result.agent, verdict.reason);
  }
}

function isAccepted(event: Judged, result: Lease): boolean {
  return verdictOn(event, result)?.kind === 'accepted';
}

function verdictOn(event: Judged, result: Lease): Judged['verdicts'][number]['verdict'] | null {
  return event.verdicts.find((judged) => judged.lease === result.id)?.verdict ?? null;
}

function taskById(state: SchedulerState, id: TaskId): Task | null {
  const stageAt = id.indexOf('/') + 1;
  const indexAt = id.indexOf('/', stageAt) + 1;
  // A task id begins with its job's id.
  const job = state.jobs.get(id.slice(0, stageAt - 1) as JobId);
  if (job === undefined || job.stage.plan.stage !== Number(id.slice(stageAt, indexAt - 1)))
    return null;
  return job.stage.tasks.get(Number(id.slice(indexAt))) ?? null;
}
