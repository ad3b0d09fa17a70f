import type { SchedulerEffect } from '../../scheduler/index.ts';

/** How many tasks these effects tell of that were accepted. */
export function countAccepted(effects: readonly SchedulerEffect[]): number {
  let count = 0;
  for (const { kind } of effects) if (kind === 'task-accepted') count += 1;
  return count;
}
