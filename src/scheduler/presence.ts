// Who is here. A session ends when its agent leaves, when it is silent for AGENT_SILENT_MS, or when
// its key joins anew; its leases then return.
import type { SessionId } from '../domain/ids.ts';
import { ABSENT_AGENTS_MAX, AGENTS_MAX } from '../domain/limits.ts';
import type { SchedulerEvent } from './event.ts';
import { countIn, countOut, offerOf } from './matching.ts';
import type { Step } from './outbox.ts';
import { endLonelyWaits } from './second-opinions.ts';
import type { Agent, FailedTry, SchedulerState } from './state.ts';
import { returnLease } from './task-course.ts';

type Joined = SchedulerEvent & { readonly kind: 'agent-joined' };
type EndReason = 'left' | 'silent' | 'replaced';

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
  const agent = state.agents.get(event.agent) ?? newAgent(event.agent);
  state.agents.set(agent.id, agent);
  if (agent.absentLink !== null) state.absentAgents.remove(agent.absentLink);
  agent.absentLink = null;
  agent.presence = {
    session: event.session,
    capability: event.capability,
    offer: offerOf(event.capability),
    joinedAtMs: atMs,
    lastSeenAtMs: atMs,
    silenceLink: state.silenceDeadlines.append(agent),
  };
  state.sessions.set(event.session, agent);
  if (agent.quarantine === null) countIn(state, agent.presence.offer);
}

/** Notes that an agent gave word. */
export function noteSeen(step: Step, agent: Agent): void {
  const { presence } = agent;
  if (presence === null) return;
  presence.lastSeenAtMs = step.atMs;
  step.state.silenceDeadlines.remove(presence.silenceLink);
  presence.silenceLink = step.state.silenceDeadlines.append(agent);
}

/** Ends an agent's session and returns its leases; handed back by 'left', lost otherwise. */
export function endSession(step: Step, agent: Agent, reason: EndReason): void {
  const { state, outbox } = step;
  const { presence } = agent;
  if (presence === null) return;
  state.silenceDeadlines.remove(presence.silenceLink);
  state.sessions.delete(presence.session);
  agent.presence = null;
  if (agent.quarantine === null) countOut(state, presence.offer);
  outbox.put({ kind: 'session-ended', session: presence.session, agent: agent.id, reason });
  for (const lease of [...agent.leases]) {
    // A lease returned before this one may have failed the job of both.
    if (agent.leases.has(lease)) returnLease(step, lease, triedUntil(agent, reason));
  }
  endLonelyWaits(step, presence.offer);
  rememberAbsent(state, agent);
}

/** The agent of a session; tells that the session is unknown where it is. */
export function agentOf(step: Step, session: SessionId): Agent | null {
  const agent = step.state.sessions.get(session);
  if (agent === undefined) step.outbox.put({ kind: 'session-unknown', session });
  return agent ?? null;
}

/** A silent agent may have crashed on the task; one that left handed it back unharmed. */
function triedUntil(agent: Agent, reason: EndReason): FailedTry | null {
  switch (reason) {
    case 'left':
      return null;
    case 'silent':
      return { agent: agent.id, code: 'lease_expired', message: 'fell silent', lost: true };
    case 'replaced':
      return {
        agent: agent.id,
        code: 'lease_expired',
        message: 'joined anew without it',
        lost: true,
      };
  }
}

function rememberAbsent(state: SchedulerState, agent: Agent): void {
  const hasHistory = agent.accepted + agent.rejected + agent.unjudged.size > 0;
  if (!hasHistory && agent.quarantine === null) {
    state.agents.delete(agent.id);
    return;
  }
  agent.absentLink = state.absentAgents.append(agent);
  const oldest = state.absentAgents.first;
  if (state.absentAgents.size <= ABSENT_AGENTS_MAX || oldest === null) return;
  state.absentAgents.remove(oldest);
  oldest.item.absentLink = null;
  state.agents.delete(oldest.item.id);
}

function newAgent(id: Agent['id']): Agent {
  return {
    id,
    presence: null,
    accepted: 0,
    rejected: 0,
    leases: new Set(),
    unjudged: new Set(),
    quarantine: null,
    absentLink: null,
  };
}
