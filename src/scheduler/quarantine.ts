// A key whose result was rejected gets no lease for QUARANTINE_MS, whatever session it joins with.
import { QUARANTINE_MS, QUARANTINE_REASON_CHARS_MAX } from '../domain/limits.ts';
import { countIn, countOut } from './matching.ts';
import type { Step } from './outbox.ts';
import { endLonelyWaits } from './second-opinions.ts';
import { NONE } from './slot-list.ts';
import type { Agent } from './state.ts';
import { dropResult, returnLease } from './task-course.ts';

/** Counts a rejected result against its agent, and quarantines it. */
export function rejectResultOf(step: Step, agent: Agent, reason: string): void {
  agent.rejected++;
  if (agent.quarantine === null)
    quarantine(step, agent, reason.slice(0, QUARANTINE_REASON_CHARS_MAX));
}

/** Ends a quarantine whose time is over: by an agent's next request it is as others are. */
export function endQuarantine(step: Step, agent: Agent): void {
  agent.quarantine = null;
  if (agent.presence !== null) countIn(agent.presence.device);
  step.outbox.workAvailable();
}

function quarantine(step: Step, agent: Agent, reason: string): void {
  const { state, atMs, outbox } = step;
  const untilMs = atMs + QUARANTINE_MS;
  agent.quarantine = { untilMs, reason };
  state.quarantineEnds.append(agent);
  outbox.put({ kind: 'agent-quarantined', agent: agent.id, untilMs, reason });
  const device = agent.presence?.device;
  if (device !== undefined) countOut(device);
  while (agent.out.first !== NONE) {
    returnLease(step, agent.out.first, { tried: null, answered: false });
  }
  while (agent.unjudged.first !== NONE) dropResult(step, agent.unjudged.first);
  if (device !== undefined) endLonelyWaits(step, device.offer);
}
