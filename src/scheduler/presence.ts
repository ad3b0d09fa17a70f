// Who is here. A session ends when its agent leaves, when it is silent for AGENT_SILENT_MS, when its
// key joins anew, or with the quarantine for what was reported in it; its leases then return.
import type { AgentId, SessionId } from '../domain/ids.ts';
import { ABSENT_AGENTS_MAX, AGENTS_MAX } from '../domain/limits.ts';
import type { KeyHistory, SchedulerEvent } from './event.ts';
import { countIn, countOut, enterDevice, leaveDevice } from './matching.ts';
import type { Step } from './outbox.ts';
import { endLonelyWaits } from './second-opinions.ts';
import { newList, NONE } from './slot-list.ts';
import type { Agent, FailedTry, SchedulerState } from './state.ts';
import { returnLease } from './task-course.ts';

type Joined = SchedulerEvent & { readonly kind: 'agent-joined' };
type EndReason = 'left' | 'silent' | 'replaced' | 'released';

/**
 * Opens a session, and ends the former one of the same key.
 *
 * Where AGENTS_MAX are present the session stays unknown.
 */
export function joinAgent(step: Step, event: Joined): void {
  const { state, atMs } = step;
  const known = state.agents.get(event.agent);
  if (known !== undefined && known.presence !== null) endSession(step, known, 'replaced');
  if (state.sessions.size >= AGENTS_MAX) {
    step.outbox.put({ kind: 'session-unknown', session: event.session });
    return;
  }
  // A former session without a history was forgotten with its end.
  const isKnown = state.agents.has(event.agent);
  const agent = state.agents.get(event.agent) ?? newAgent(state, event.agent);
  if (!isKnown && event.history !== undefined) recall(step, agent, event.history);
  if (agent.absentLink !== null) state.absentAgents.remove(agent.absentLink);
  agent.absentLink = null;
  agent.contents = [];
  agent.origin = event.origin ?? null;
  agent.trusted = event.trusted === true;
  agent.canary = event.canary === true;
  const device = enterDevice(state, event.capability);
  agent.presence = {
    session: event.session,
    device,
    joinedAtMs: atMs,
    lastSeenAtMs: atMs,
    silenceLink: state.silenceDeadlines.append(agent),
  };
  state.sessions.set(event.session, agent);
  if (agent.quarantine === null) countIn(device, agent.origin);
}

/** The operator's word on a key that is known here: one that is not joins with it. */
export function onTrustChanged(
  { state }: Step,
  { agent, trusted }: SchedulerEvent & { readonly kind: 'trust-changed' },
): void {
  const known = state.agents.get(agent);
  if (known !== undefined) known.trusted = trusted;
}

/** Takes over what a key that is new here did elsewhere. */
function recall({ state, atMs }: Step, agent: Agent, history: KeyHistory): void {
  agent.accepted = history.accepted;
  agent.record = history.rejected === 0 ? history.accepted : 0;
  agent.rejected = history.rejected;
  const { quarantine } = history;
  if (quarantine === null || quarantine.untilMs <= atMs) return;
  agent.quarantine = quarantine;
  state.quarantineEnds.add(agent);
}

/** Notes that an agent gave word. */
export function noteSeen(step: Step, agent: Agent): void {
  const { presence } = agent;
  if (presence === null) return;
  presence.lastSeenAtMs = step.atMs;
  step.state.silenceDeadlines.renew(presence.silenceLink);
}

/** Ends an agent's session and returns its leases; handed back by 'left', lost otherwise. */
export function endSession(step: Step, agent: Agent, reason: EndReason): void {
  const { state, outbox } = step;
  const { presence } = agent;
  if (presence === null) return;
  const { session, device } = presence;
  state.silenceDeadlines.remove(presence.silenceLink);
  state.sessions.delete(session);
  agent.presence = null;
  if (agent.quarantine === null) countOut(device, agent.origin);
  outbox.put({ kind: 'session-ended', session, agent: agent.id, reason });
  const tried = triedUntil(agent, reason);
  while (agent.out.first !== NONE) returnLease(step, agent.out.first, { tried, answered: false });
  endLonelyWaits(step, device.offer);
  leaveDevice(state, device);
  rememberAbsent(state, agent);
}

/** The agent of a session; tells that the session is unknown where it is. */
export function agentOf(step: Step, session: SessionId): Agent | null {
  const agent = step.state.sessions.get(session);
  if (agent === undefined) step.outbox.put({ kind: 'session-unknown', session });
  return agent ?? null;
}

/** A silent agent may have crashed on the task; one that left handed it back unharmed. */
function triedUntil({ id }: Agent, reason: EndReason): FailedTry | null {
  if (reason === 'left') return null;
  const message = reason === 'silent' ? 'fell silent' : 'joined anew without it';
  return { agent: id, code: 'lease_expired', message, kind: 'lost' };
}

function rememberAbsent(state: SchedulerState, agent: Agent): void {
  const hasHistory = agent.accepted + agent.rejected + agent.unjudged.size > 0;
  if (!hasHistory && agent.quarantine === null) {
    forget(state, agent);
    return;
  }
  agent.absentLink = state.absentAgents.append(agent);
  const oldest = state.absentAgents.first;
  if (state.absentAgents.size <= ABSENT_AGENTS_MAX || oldest === null) return;
  if (oldest.item.unjudged.size + oldest.item.provisional > 0) {
    // Its verdicts are still to come, or it may yet be found to have lied.
    state.absentAgents.renew(oldest);
    return;
  }
  state.absentAgents.remove(oldest);
  oldest.item.absentLink = null;
  forget(state, oldest.item);
}

function forget(state: SchedulerState, agent: Agent): void {
  if (state.quarantineEnds.has(agent)) state.quarantineEnds.remove(agent);
  state.agents.delete(agent.id);
  state.agentSlots[agent.slot] = null;
  state.freeAgentSlots.push(agent.slot);
}

function newAgent(state: SchedulerState, id: AgentId): Agent {
  const slot = state.freeAgentSlots.pop() ?? state.agentSlots.length;
  const agent: Agent = {
    id,
    slot,
    presence: null,
    accepted: 0,
    rejected: 0,
    record: 0,
    offences: 0,
    provisional: 0,
    origin: null,
    trusted: false,
    canary: false,
    out: newList(),
    unjudged: newList(),
    quarantine: null,
    quarantinePlace: { at: -1 },
    slowness: null,
    contents: [],
    absentLink: null,
  };
  state.agents.set(id, agent);
  state.agentSlots[slot] = agent;
  return agent;
}
