import type { RowRange } from '../domain/tensor.ts';
import type { SchedulerEvent } from './event.ts';
import { relist } from './fair-share.ts';
import { finishStage } from './job-course.ts';
import { othersAble } from './matching.ts';
import type { Step } from './outbox.ts';
import { joinedRows } from './row-ranges.ts';
import type { Job, SchedulerState } from './state.ts';
import { detachTask, removeTask } from './task-course.ts';
import { rangeOf } from './task-rows.ts';
import { authorOf, takeAllFresh } from './waiting-tasks.ts';

/**
 * Gives up the rows of a stage that nobody is at, so that another scheduler may have them. Where
 * nothing is left, that finishes the stage. O(waiting tasks of the stage).
 */
export function onRowsReleased(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'rows-released' },
): void {
  const { state, outbox } = step;
  const job = state.jobs.get(event.job);
  if (job === undefined || job.stage.plan.stage !== event.stage) return;
  const { stage } = job;
  const released: RowRange[] = [...takeAllFresh(state, stage)];
  for (const task of tasksToRelease(state, job)) {
    released.push(rangeOf(state, task));
    detachTask(state, task);
    removeTask(state, task);
  }
  if (released.length === 0) return;
  for (const { start, end } of released) stage.rowsClaimed -= end - start;
  const rows = joinedRows(released);
  outbox.put({ kind: 'rows-released', job: job.id, stage: event.stage, rows });
  outbox.jobChanged(job);
  relist(state, job);
  if (stage.rowsAccepted === stage.rowsClaimed) finishStage(step, job);
}

/** Waiting tasks that agents here are of no use to. */
function tasksToRelease(state: SchedulerState, job: Job): readonly number[] {
  const { group, returned } = job.stage;
  const tasks: number[] = [];
  for (const queue of returned) {
    // What failed is tried to its end where that is possible: elsewhere its tries would begin anew.
    if (queue.failers.length > 0 && group.ableCount > 0) continue;
    for (const task of state.tasks.inQueue.of(queue.tasks)) {
      const author = authorOf(state, task);
      const isLonely = job.checking.kind === 'twice' && author !== null;
      if (author === null || (isLonely && !othersAble(state, group, [author]))) tasks.push(task);
    }
  }
  return tasks;
}
