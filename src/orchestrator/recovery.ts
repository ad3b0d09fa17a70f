import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { createScheduler, step as schedulerStep, type SchedulerState } from '../scheduler/index.ts';
import type { Store } from './log/store.ts';

export type Recovered = {
  readonly state: SchedulerState;
  readonly eventCount: number;
  readonly tasksAccepted: number;
};

/**
 * The state that the log leads to.
 *
 * Effects of the past are not carried out again; the event 'restarted' that follows asks anew for
 * what was under way.
 * Errors: "storage_failed" where an event cannot be read or folded.
 */
export function recoverState(
  store: Store,
  seed: number,
  step: typeof schedulerStep = schedulerStep,
): Outcome<Recovered> {
  const state = createScheduler(seed);
  let eventCount = 0;
  let tasksAccepted = 0;
  for (const event of store.events()) {
    if (!event.ok) return event;
    eventCount += 1;
    try {
      for (const { kind } of step(state, event.value).effects) {
        if (kind === 'task-accepted') tasksAccepted += 1;
      }
    } catch (cause) {
      const text = `event ${eventCount} of the log cannot be followed (${String(cause)})`;
      const remedy = 'Start the version that wrote it, or choose another --data folder';
      return fail(failure('storage_failed', `${text}. ${remedy}.`));
    }
  }
  return succeed({ state, eventCount, tasksAccepted });
}
