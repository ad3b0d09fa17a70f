import type { SchedulerEffect } from './effect.ts';
import type { SchedulerEvent } from './event.ts';

/**
 * Whether an event with these effects belongs into the log.
 *
 * The others (a tick with nothing due, a refusal, a repetition) left the state as it was: replaying
 * only what is logged gives the same state.
 */
export function isLogged(event: SchedulerEvent, effects: readonly SchedulerEffect[]): boolean {
  if (event.kind === 'agent-joined' || event.kind === 'restarted') return true;
  return effects.some(tellsOfChange);
}

function tellsOfChange(effect: SchedulerEffect): boolean {
  switch (effect.kind) {
    case 'session-unknown':
    case 'lease-refused':
    case 'results-received': // a result that is taken changes its job as well
      return false;
    default:
      return true;
  }
}
