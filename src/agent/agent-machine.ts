import { assertNever } from '../domain/assert.ts';
import type { Failure, FailureCode } from '../domain/failure.ts';
import type { SessionId } from '../domain/ids.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { AgentAnswer, AgentEvent } from './agent-event.ts';
import type { AgentState, WorkingPhase } from './agent-state.ts';
import { backoffMs } from './backoff.ts';
import { mayRejoin, noteStanding } from './broken-device.ts';
import { idleDueAtMs, noteIdle } from './idling.ts';
import { arrive, goOn, moveDueAtMs, whyMove } from './moving.ts';
import { nextDueAtMs, workAtHand } from './work-at-hand.ts';
import { answerWhileWorking, beginWorking } from './working.ts';

// One volunteer agent, as a fold over events.
//
//   stopped ──start──> joining ──joined──> working ──session lost──> joining
//                       │  ^                  │
//                  fails│  │untilMs           │ each held task:
//                       v  │                  │   leased > fetching > ready > computing
//                   backing-off               │          > computed > storing > done > reporting
//
//   joining ──fails──> joining, at the next orchestrator; backing-off once all of them failed
//   working ──no answer for ORCHESTRATOR_AWAY_MS, or shutting_down──> joining, at the next
//   joining ──fails for good──> refused       from every state but stopped: pause ──> paused,
//   paused ──resume──> joining                stop ──> stopped; from stopped and refused: start
//
// A pause or stop abandons the epoch: calls are aborted, computations terminated, leases handed
// back by a leave, and no answer of that epoch changes anything any more. Changed limits abandon
// it too, and join again at once; a failed joining and a lost session abandon it as well, so that
// lanes are open only while joining and working. While working, a call that fails because the
// orchestrator is away sets `trouble`: computing goes on, calls wait for the back-off.
//
// A device that is found to compute something wrongly asks for no more work, hands in or back what
// it holds, and joins again with what it still computes rightly (broken-device.ts).
//
// The owner names one orchestrator or several. An agent of one waits for it for ever. One of
// several always tries the one it has first, and goes round from there; whoever takes it is the one
// it has. Moving is another epoch too: what was held for the former orchestrator is dropped, and a
// leave tells it so, if it can still hear.

// A session that ended sooner after its joining counts as a failed try: two processes with one
// key would otherwise throw each other out without a pause.
const SHORT_SESSION_MS = 30_000;

// What no waiting heals: the owner must change something.
const FINAL: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'version_unsupported',
  'key_unusable',
  'signature_invalid',
  'input_malformed',
  'input_invalid',
  'limit_exceeded',
  'backend_unsupported',
  'conformance_failed',
  'config_invalid',
  'sandbox_only',
]);

type Failed = { readonly failure: Failure; readonly atMs: number };

export type AgentStep = { readonly state: AgentState; readonly effects: readonly AgentEffect[] };

/**
 * What an event changes, and what is to be done.
 *
 * Deterministic: the same events give the same state and effects. It changes the state it is
 * given and returns it.
 */
export function stepAgent(state: AgentState, event: AgentEvent): AgentStep {
  const effects: AgentEffect[] = [];
  switch (event.kind) {
    case 'start-requested':
      if (state.phase.kind === 'stopped' || state.phase.kind === 'refused') join(state, effects);
      break;
    case 'resume-requested':
      if (state.phase.kind === 'paused') join(state, effects);
      break;
    case 'pause-requested':
      if (state.phase.kind !== 'stopped') rest(state, 'paused', effects);
      break;
    case 'stop-requested':
      rest(state, 'stopped', effects);
      break;
    case 'limits-changed':
      state.limits = event.limits;
      if (state.phase.kind !== 'stopped' && state.phase.kind !== 'paused') join(state, effects);
      break;
    case 'woken':
      wake(state, event.atMs, effects);
      break;
    default:
      if (event.epoch === state.epoch) answer(state, event, effects);
  }
  if (state.phase.kind === 'working') work(state, state.phase, event.atMs, effects);
  noteIdle(state, event.atMs);
  return { state, effects };
}

/** The instant at which the agent wants to be woken, if nothing happens before; null: never. */
export function wakeAtMs(state: AgentState): number | null {
  const { phase } = state;
  if (phase.kind === 'backing-off') return phase.untilMs;
  if (phase.kind !== 'working') return null;
  return Math.min(nextDueAtMs(state, phase), idleDueAtMs(state), moveDueAtMs(state, phase));
}

function join(state: AgentState, effects: AgentEffect[]): void {
  abandon(state, effects);
  state.phase = { kind: 'joining' };
  const { epoch, limits, round } = state;
  effects.push({ kind: 'join', epoch, limits, orchestrator: round.at });
}

function rest(state: AgentState, kind: 'paused' | 'stopped', effects: AgentEffect[]): void {
  if (state.phase.kind === kind) return;
  const session = sessionOf(state);
  abandon(state, effects);
  if (session !== null) effects.push({ kind: 'leave', session });
  state.phase = { kind };
  state.tries = 0;
  state.round.failed = 0;
}

function abandon(state: AgentState, effects: AgentEffect[]): void {
  const { phase } = state;
  if (phase.kind === 'working') state.counters.tasksDropped += phase.held.size;
  if (phase.kind === 'working' || phase.kind === 'joining') {
    effects.push({ kind: 'abandon', epoch: state.epoch });
  }
  state.epoch += 1;
}

/** Does what is to be done in a session, unless that is to move. */
function work(state: AgentState, phase: WorkingPhase, atMs: number, effects: AgentEffect[]): void {
  const failure = whyMove(state, phase, atMs);
  if (failure === null && mayRejoin(phase)) return join(state, effects);
  if (failure === null) return workAtHand(state, phase, atMs, effects);
  noteLasting(state, atMs);
  tryNext(state, { failure, atMs }, effects);
}

function wake(state: AgentState, atMs: number, effects: AgentEffect[]): void {
  const { phase } = state;
  if (phase.kind === 'backing-off' && atMs >= phase.untilMs) join(state, effects);
}

function answer(
  state: AgentState,
  event: AgentAnswer & { readonly atMs: number },
  effects: AgentEffect[],
): void {
  const { phase } = state;
  switch (phase.kind) {
    case 'joining':
      if (event.kind === 'joined') {
        noteStanding(state, event.terms.standing, effects);
        arrive(state.round, event.atMs);
        state.phase = beginWorking(event, event.atMs);
      } else if (event.kind === 'join-failed') {
        failJoining(state, { failure: event.failure, atMs: event.atMs }, effects);
      }
      return;
    case 'working': {
      const lost = answerWhileWorking(state, phase, event, effects);
      if (lost !== null) loseSession(state, { failure: lost, atMs: event.atMs }, effects);
      return;
    }
    case 'stopped':
    case 'paused':
    case 'backing-off':
    case 'refused':
      return;
    default:
      assertNever(phase);
  }
}

function failJoining(state: AgentState, failed: Failed, effects: AgentEffect[]): void {
  if (!FINAL.has(failed.failure.code)) return tryNext(state, failed, effects);
  state.lastFailure = failed;
  abandon(state, effects);
  state.phase = { kind: 'refused', failure: failed.failure };
}

/** Goes on to the next orchestrator: at once, or after a pause where all of them failed. */
function tryNext(state: AgentState, failed: Failed, effects: AgentEffect[]): void {
  state.lastFailure = failed;
  const session = sessionOf(state);
  if (session !== null) effects.push({ kind: 'leave', session });
  if (goOn(state.round, failed.failure)) return join(state, effects);
  abandon(state, effects);
  backOff(state, failed);
}

function backOff(state: AgentState, { failure, atMs }: Failed): void {
  state.tries += 1;
  const waitMs = backoffMs({ tries: state.tries, failure }, state.random);
  state.phase = { kind: 'backing-off', untilMs: atMs + waitMs, failure };
}

function loseSession(state: AgentState, lost: Failed, effects: AgentEffect[]): void {
  state.lastFailure = lost;
  if (noteLasting(state, lost.atMs)) return join(state, effects);
  abandon(state, effects);
  backOff(state, lost);
}

/** Forgets former failures where the session lasted; returns whether it did. */
function noteLasting(state: AgentState, atMs: number): boolean {
  const { phase, round } = state;
  if (phase.kind !== 'working' || atMs - phase.joinedAtMs < SHORT_SESSION_MS) return false;
  state.tries = 0;
  round.failed = 0;
  return true;
}

function sessionOf({ phase }: AgentState): SessionId | null {
  return phase.kind === 'working' ? phase.terms.session : null;
}
