// A key whose result was rejected gets no lease for QUARANTINE_MS, whatever session it joins with.
import { QUARANTINE_MS, QUARANTINE_REASON_CHARS_MAX } from '../domain/limits.ts';
import type { SchedulerEvent } from './event.ts';
import { countIn, countOut } from './matching.ts';
import type { Step } from './outbox.ts';
import { endLonelyWaits } from './second-opinions.ts';
import { NONE } from './slot-list.ts';
import type { Agent } from './state.ts';
import { dropResult, returnLease } from './task-course.ts';

/** Counts a rejected result against its agent, and quarantines it. */
export function rejectResultOf(step: Step, agent: Agent, reason: string): void {
  agent.rejected++;
  if (agent.quarantine !== null) return;
  const untilMs = step.atMs + QUARANTINE_MS;
  const told = { untilMs, reason: reason.slice(0, QUARANTINE_REASON_CHARS_MAX) };
  step.outbox.put({ kind: 'agent-quarantined', agent: agent.id, ...told });
  quarantine(step, agent, told);
}

/** Ends a quarantine whose time is over: by an agent's next request it is as others are. */
export function endQuarantine(step: Step, agent: Agent): void {
  agent.quarantine = null;
  if (agent.presence !== null) countIn(agent.presence.device);
  step.outbox.workAvailable();
}

/** Bars a key that is known here, because another scheduler found a result of it wrong. */
export function onAgentBarred(
  step: Step,
  event: SchedulerEvent & { readonly kind: 'agent-barred' },
): void {
  const agent = step.state.agents.get(event.agent);
  if (agent === undefined || agent.quarantine !== null || event.untilMs <= step.atMs) return;
  const { untilMs, reason } = event;
  step.outbox.put({ kind: 'agent-barred', agent: agent.id, untilMs, reason });
  quarantine(step, agent, { untilMs, reason });
}

function quarantine(
  step: Step,
  agent: Agent,
  { untilMs, reason }: { readonly untilMs: number; readonly reason: string },
): void {
  const { state } = step;
  agent.quarantine = { untilMs, reason };
  state.quarantineEnds.add(agent);
  const device = agent.presence?.device;
  if (device !== undefined) countOut(device);
  while (agent.out.first !== NONE) {
    returnLease(step, agent.out.first, { tried: null, answered: false });
  }
  while (agent.unjudged.first !== NONE) dropResult(step, agent.unjudged.first);
  if (device !== undefined) endLonelyWaits(step, device.offer);
}
