import type { SchedulerEffect } from '../../scheduler/index.ts';

/** How many tasks these effects tell of that were accepted, less those revoked. */
export function countAccepted(effects: readonly SchedulerEffect[]): number {
  let count = 0;
  for (const effect of effects) {
    if (effect.kind === 'tasks-accepted') count += effect.tasks.length;
    if (effect.kind === 'tasks-revoked') count -= effect.tasks.length;
  }
  return count;
}
