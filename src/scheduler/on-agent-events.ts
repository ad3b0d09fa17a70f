import type { SchedulerEvent } from './event.ts';
import { renewLease } from './leases.ts';
import type { Step } from './outbox.ts';
import { agentOf, endSession, noteSeen } from './presence.ts';

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
 * Those are the ones it does not hold: canceled, expired, or never its own. Nothing is kept to be
 * delivered, so an answer that is lost costs nothing.
 */
export function onHeartbeat(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'heartbeat' },
): void {
  const agent = agentOf(step, event.session);
  if (agent === null) return;
  noteSeen(step, agent);
  const dropped = event.leases.filter((id) => {
    const lease = step.state.leases.get(id);
    if (lease === undefined || lease.agent !== agent) return true;
    renewLease(step, lease);
    return false;
  });
  step.outbox.put({ kind: 'leases-dropped', session: event.session, leases: dropped });
}
