// When a second agent computes a task of an 'adaptive' job. It cannot tell such a task from others:
// it is cut, named and sent like them, and none is given twice to one key, or to its author.
//
// known answer  the first result was verified completely: the second tells of its own agent alone.
// audit         the checking threads are behind: the second takes their place, and where the two do
//               not agree all rows are recomputed.
//
// A graph's complete check costs less than computing a task again, so only models and audits have
// them.
import { CHECKS_BEHIND, KNOWN_ANSWER_SHARE } from '../domain/limits.ts';
import { randomStream } from '../domain/random.ts';
import type { Job, SchedulerState } from './state.ts';

/** Whether a task's one result, not verified yet, is to be compared with another's. */
export function wantsAudit(state: SchedulerState, job: Job): boolean {
  return isSampledByUs(job) && state.resultsUnjudged > CHECKS_BEHIND;
}

/** Whether a task whose result is verified is used as a known answer. Agents cannot foresee it. */
export function isKnownAnswer(state: SchedulerState, job: Job, task: number): boolean {
  if (!isSampledByUs(job)) return false;
  const drawn = randomStream(state.seed, `known answer ${state.tasks.numberOf(task)}`).nextUnit();
  return drawn < KNOWN_ANSWER_SHARE;
}

function isSampledByUs({ checking, workload }: Job): boolean {
  return checking.kind === 'adaptive' && workload !== 'operators';
}
