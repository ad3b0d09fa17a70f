import type { AgentState, IdleWhy, WorkingPhase } from './agent-state.ts';

/** A pause in computing that is shorter is none: its reason could not be read. Milliseconds. */
export const IDLE_SHOWN_MS = 500;

/**
 * Notes why nothing is computed and since when; nothing while something is.
 *
 * Between tasks, every reason is there for an instant only: it counts once nothing was computed
 * for IDLE_SHOWN_MS, and then from the end of the last task. What the owner asks for counts at
 * once.
 */
export function noteIdle(state: AgentState, atMs: number): void {
  const why = idleWhy(state, atMs);
  if (why === null) state.idle = null;
  else if (state.idle?.why !== why) state.idle = { why, sinceMs: idleSinceMs(state, atMs) };
}

/** When a pause in computing becomes idling; never while something is computed. */
export function idleDueAtMs({ phase, idle }: AgentState): number {
  if (phase.kind !== 'working' || idle !== null || isComputing(phase)) return Infinity;
  return idleShownAtMs(phase);
}

function idleWhy({ phase }: AgentState, atMs: number): IdleWhy | null {
  if (phase.kind === 'backing-off') {
    return phase.failure.code === 'agent_quarantined' ? 'quarantined' : 'reconnecting';
  }
  if (phase.kind !== 'working') return phase.kind;
  if (isComputing(phase) || atMs < idleShownAtMs(phase)) return null;
  const { held } = phase;
  if (held.count('computing', 'ready') > 0) return 'loading';
  if (phase.trouble !== null) return 'reconnecting';
  if (held.count('leased', 'fetching') > 0) return 'fetching_data';
  if (held.size > 0) return 'reporting';
  return phase.refusal ?? 'asking';
}

function idleSinceMs({ phase, idle }: AgentState, atMs: number): number {
  if (phase.kind !== 'working' || idle !== null) return atMs;
  return phase.lastComputed?.atMs ?? atMs;
}

function isComputing({ held }: WorkingPhase): boolean {
  return held.at('computing').some(({ stage }) => stage.running !== null);
}

function idleShownAtMs({ lastComputed }: WorkingPhase): number {
  return lastComputed === null ? -Infinity : lastComputed.atMs + IDLE_SHOWN_MS;
}
