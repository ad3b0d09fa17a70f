// A key whose result was rejected gets no lease for a time, whatever session it joins with: for
// QUARANTINE_MS the first time, QUARANTINE_GROWTH times as long each further time. What it had not
// had verified is revoked; its record begins anew.
import {
  QUARANTINE_GROWTH,
  QUARANTINE_MS,
  QUARANTINE_MS_MAX,
  QUARANTINE_REASON_CHARS_MAX,
} from '../domain/limits.ts';
import type { SchedulerEvent } from './event.ts';
import { TASK } from './lease-table.ts';
import { countIn, countOut } from './matching.ts';
import type { Step } from './outbox.ts';
import { endLonelyWaits } from './second-opinions.ts';
import { NONE } from './slot-list.ts';
import { endSession } from './presence.ts';
import { revokeProvisional } from './provisional.ts';
import { LONGER_QUARANTINES, SESSIONS_END_WITH_QUARANTINE } from './rules.ts';
import type { Agent, Quarantine } from './state.ts';
import { acceptVerified, dropResult, returnLease } from './task-course.ts';
import { jobOf } from './task-rows.ts';
import { FIRST_RESULT, VERIFIED } from './task-table.ts';

/** Counts a rejected result against its agent, and quarantines it. */
export function rejectResultOf(step: Step, agent: Agent, reason: string): void {
  const { record } = agent;
  agent.rejected++;
  agent.record = 0;
  if (agent.quarantine !== null) return;
  const untilMs = step.atMs + quarantineMs(step, agent);
  const told = { untilMs, reason: reason.slice(0, QUARANTINE_REASON_CHARS_MAX) };
  step.outbox.put({ kind: 'agent-quarantined', agent: agent.id, ...told });
  agent.offences++;
  quarantine(step, agent, { ...told, since: { atMs: step.atMs, record } });
}

function quarantineMs({ state }: Step, { offences }: Agent): number {
  if (state.rules < LONGER_QUARANTINES) return QUARANTINE_MS;
  return Math.min(QUARANTINE_MS_MAX, QUARANTINE_MS * QUARANTINE_GROWTH ** offences);
}

/**
 * Ends a quarantine whose time is over: by an agent's next request it is as others are. A session
 * from before ends with it, because its id stands in the report that is public as evidence.
 */
export function endQuarantine(step: Step, agent: Agent): void {
  if (isSessionPublic(step, agent)) endSession(step, agent, 'released');
  agent.quarantine = null;
  if (agent.presence !== null) countIn(agent.presence.device, agent.origin);
  step.outbox.workAvailable();
}

function isSessionPublic({ state }: Step, agent: Agent): boolean {
  if (state.rules < SESSIONS_END_WITH_QUARANTINE || agent.presence === null) return false;
  // A key that another scheduler found out reported to that one, in another session.
  const since = agent.quarantine?.since;
  return since !== undefined && agent.presence.joinedAtMs <= since.atMs;
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

/** What was verified stands, though it waits for another's result. */
function dropOrAccept(step: Step, lease: number): void {
  const { tasks, leases } = step.state;
  const task = leases.records.int(lease, TASK);
  const isVerified = tasks.has(task, VERIFIED) && tasks.records.int(task, FIRST_RESULT) === lease;
  if (isVerified && !jobOf(step.state, task).ended) acceptVerified(step, task);
  else dropResult(step, lease);
}

/** Ends a quarantine by order of the operator. What the key did stays on its record. */
export function onQuarantineReleased(
  step: Step,
  { agent: id, reason }: SchedulerEvent & { readonly kind: 'quarantine-released' },
): void {
  const agent = step.state.agents.get(id);
  if (agent !== undefined && agent.quarantine !== null) release(step, agent, reason);
}

/**
 * Undoes all quarantines that began here since an instant, as if they had never been: the record,
 * and the time of the next, are what they were. What was revoked was computed anew, and stays so.
 */
export function onAmnestyGranted(
  step: Step,
  { sinceMs, reason }: SchedulerEvent & { readonly kind: 'amnesty-granted' },
): void {
  const quarantined = step.state.quarantineEnds.items().toSorted((a, b) => a.slot - b.slot);
  for (const agent of quarantined) {
    const since = agent.quarantine?.since;
    if (since === undefined || since.atMs < sinceMs) continue;
    agent.record = since.record;
    agent.offences--;
    agent.rejected--;
    release(step, agent, reason);
  }
}

function release(step: Step, agent: Agent, reason: string): void {
  step.state.quarantineEnds.remove(agent);
  step.outbox.put({ kind: 'quarantine-ended', agent: agent.id, reason });
  endQuarantine(step, agent);
}

function quarantine(step: Step, agent: Agent, told: Quarantine): void {
  const { state } = step;
  agent.quarantine = told;
  state.quarantineEnds.add(agent);
  const device = agent.presence?.device;
  if (device !== undefined) countOut(device, agent.origin);
  while (agent.out.first !== NONE) {
    returnLease(step, agent.out.first, { tried: null, answered: false });
  }
  while (agent.unjudged.first !== NONE) dropOrAccept(step, agent.unjudged.first);
  revokeProvisional(step, agent);
  if (device !== undefined) endLonelyWaits(step, device.offer);
}
