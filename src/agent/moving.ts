import { failure, type Failure } from '../domain/failure.ts';
import { ORCHESTRATOR_AWAY_MS } from '../domain/limits.ts';
import type { AgentState, Round, WorkingPhase } from './agent-state.ts';

const SHUTTING_DOWN = failure('unavailable', 'the orchestrator is shutting down.');

/** Why the agent is to leave the orchestrator it is at for the next; null: it stays. */
export function whyMove(state: AgentState, phase: WorkingPhase, atMs: number): Failure | null {
  if (state.round.size === 1) return null;
  if (phase.refusal === 'shutting_down') return SHUTTING_DOWN;
  return atMs >= moveDueAtMs(state, phase) ? (phase.trouble?.failure ?? null) : null;
}

/** When the agent leaves one that gives no answer; Infinity: it answers, or is the only one. */
export function moveDueAtMs({ round }: AgentState, { trouble }: WorkingPhase): number {
  const sinceMs = trouble?.awaySinceMs ?? null;
  return round.size === 1 || sinceMs === null ? Infinity : sinceMs + ORCHESTRATOR_AWAY_MS;
}

/** Goes on to the next orchestrator; false: all of them failed, and a pause is due. */
export function goOn(round: Round, why: Failure): boolean {
  round.left ??= { from: round.at, failure: why };
  round.at = (round.at + 1) % round.size;
  round.failed = (round.failed + 1) % round.size;
  return round.failed > 0;
}

/** Notes that the present orchestrator took the agent. */
export function arrive(round: Round, atMs: number): void {
  const { left, at } = round;
  if (left !== null && left.from !== at) round.moved = { ...left, to: at, atMs };
  round.left = null;
}
