import type { SchedulerEvent } from './event.ts';
import { AGENT } from './lease-table.ts';
import { openLease, renewLease } from './leases.ts';
import type { Step } from './outbox.ts';
import { agentOf, endSession, noteSeen } from './presence.ts';
import { NONE } from './slot-list.ts';

/** Ends a session whose agent says goodbye. */
export function onAgentLeft(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'agent-left' },
): void {
  const agent = agentOf(step, event.session);
  if (agent !== null) endSession(step, agent, 'left');
}

/**
 * Renews the leases named and tells which of them the agent need not finish.
 *
 * Those are the ones it does not hold: canceled, expired, done by another, or never its own.
 * Nothing is kept to be delivered, so an answer that is lost costs nothing.
 */
export function onHeartbeat(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'heartbeat' },
): void {
  const agent = agentOf(step, event.session);
  if (agent === null) return;
  noteSeen(step, agent);
  const { state } = step;
  const dropped = event.leases.filter((number) => {
    const lease = openLease(state, number);
    if (lease === NONE || state.leases.records.int(lease, AGENT) !== agent.slot) return true;
    renewLease(step, lease);
    return false;
  });
  step.outbox.put({ kind: 'leases-dropped', session: event.session, leases: dropped });
}
