import { OPEN_JOBS_SCANNED_MAX } from '../domain/limits.ts';
import { othersAble } from './matching.ts';
import type { Step } from './outbox.ts';
import { NONE } from './slot-list.ts';
import type { Job, OfferClass } from './state.ts';
import { goOnAlone } from './task-course.ts';

/**
 * Has results go on alone that wait for a second opinion which nobody can give any more.
 *
 * Called when an agent with this offer went. Looks only where at most one able agent remains, and
 * at no more than OPEN_JOBS_SCANNED_MAX tasks: those behind them end their wait by time.
 */
export function endLonelyWaits(step: Step, offer: OfferClass): void {
  let left = OPEN_JOBS_SCANNED_MAX;
  for (const group of offer.groups) {
    if (group.ableCount > 1) continue;
    for (const job of group.jobs) {
      if (left <= 0) return;
      if (job.checking.kind === 'auto' || job.checking.kind === 'adaptive')
        left = endLonelyWaitsOf(step, job, left);
    }
  }
}

function endLonelyWaitsOf(step: Step, job: Job, most: number): number {
  const { state } = step;
  let left = most;
  for (const queue of job.stage.returned) {
    if (--left <= 0) return left;
    if (queue.author === null) continue;
    if (othersAble(state, job.stage.group, [queue.author])) continue;
    while (queue.tasks.first !== NONE && left-- > 0) {
      goOnAlone(step, queue.tasks.first);
    }
  }
  return left;
}
