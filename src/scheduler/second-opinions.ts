import { othersAble, covers } from './matching.ts';
import type { Step } from './outbox.ts';
import type { Job, Offer } from './state.ts';
import { requestCheck } from './task-course.ts';

/**
 * Has results recomputed that wait for a second opinion which nobody can give any more.
 *
 * Called when an agent with this offer went. Looks only where at most one able agent remains: at
 * no more than OPEN_JOBS_MAX jobs, and at the tasks that it ends waiting for.
 */
export function endLonelyWaits(step: Step, offer: Offer): void {
  for (const group of step.state.groups.values()) {
    if (group.ableCount > 1 || !covers(offer, group)) continue;
    for (const job of group.jobs) if (job.checking.kind === 'auto') endLonelyWaitsOf(step, job);
  }
}

function endLonelyWaitsOf(step: Step, job: Job): void {
  for (const queue of job.stage.returned) {
    if (queue.author === null) continue;
    if (othersAble(step.state, job.stage.group, [queue.author])) continue;
    for (const task of queue.tasks) requestCheck(step, task, { kind: 'recompute', share: 1 });
  }
}
