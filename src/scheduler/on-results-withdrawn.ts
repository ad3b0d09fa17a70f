import type { SchedulerEvent } from './event.ts';
import { AGENT, REPORTED, STATE, TASK } from './lease-table.ts';
import { openLease } from './leases.ts';
import type { Step } from './outbox.ts';
import { agentOf, noteSeen } from './presence.ts';
import { NONE } from './slot-list.ts';
import type { Agent } from './state.ts';
import { dropResult, noteTry, returnLease } from './task-course.ts';

const MESSAGE = 'the device failed its own vectors, and took back what it had computed since';

/**
 * Takes results back that their own agent believes to be wrong: each is a failure of that agent,
 * as if it had reported one, and no lie.
 *
 * A result that was judged stays as it is, and so does another agent's. One that was withdrawn
 * before it came is a duplicate when it comes.
 */
export function onResultsWithdrawn(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'results-withdrawn' },
): void {
  const agent = agentOf(step, event.session);
  if (agent === null) return;
  noteSeen(step, agent);
  for (const number of event.leases) {
    const lease = openLease(step.state, number);
    if (lease !== NONE) withdraw(step, agent, lease);
  }
}

function withdraw(step: Step, agent: Agent, lease: number): void {
  const { records } = step.state.leases;
  if (records.int(lease, AGENT) !== agent.slot) return;
  const tried = {
    agent: agent.id,
    code: 'conformance_failed',
    message: MESSAGE,
    kind: 'failed',
  } as const;
  if (records.int(lease, STATE) !== REPORTED) {
    returnLease(step, lease, { tried, answered: true });
    return;
  }
  noteTry(step.state, records.int(lease, TASK), tried);
  dropResult(step, lease);
}
