// What becomes of the tasks that an orchestrator gives: taken up, or refused at once and told so.
import type { Failure } from '../domain/failure.ts';
import { LEASES_PER_AGENT_MAX } from '../domain/limits.ts';
import type { LeasedTask } from '../domain/work.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { LeaseAnswer } from './agent-event.ts';
import type { AgentState, WorkingPhase } from './agent-state.ts';
import { noteStanding } from './broken-device.ts';
import { primitiveOf } from './lane-message.ts';
import { refuteTask } from './refute-task.ts';

// Least time between two requests for work, whatever the other side says. Milliseconds.
const ASK_INTERVAL_MS = 100;

/** Takes the answer to a request for work. */
export function takeLeases(
  state: AgentState,
  phase: WorkingPhase,
  event: { readonly answer: LeaseAnswer; readonly atMs: number },
  effects: AgentEffect[],
): void {
  const { answer, atMs } = event;
  const askedAtMs = phase.leasing?.askedAtMs ?? atMs;
  phase.leasing = null;
  noteStanding(state, answer.standing, effects);
  // The request itself was a sign of life, where the orchestrator says so.
  const isCounted = phase.terms.idleHeartbeatMs > phase.terms.heartbeatMs;
  if (isCounted && phase.held.size === 0) phase.beatAtMs = atMs;
  if (answer.kind === 'refused') {
    phase.refusal = answer.reason;
    phase.askAtMs = Math.max(atMs + answer.askAgainMs, askedAtMs + ASK_INTERVAL_MS);
    return;
  }
  phase.refusal = null;
  let takenUp = 0;
  for (const task of answer.tasks) {
    // What a faulty orchestrator gives twice or beyond the limit is left to expire.
    if (phase.held.get(task.lease) !== undefined) continue;
    if (phase.held.size >= LEASES_PER_AGENT_MAX) break;
    phase.held.add(task);
    state.counters.tasksLeased += 1;
    const refuted = refuteTask(task, phase.offered);
    if (refuted === null) takenUp += 1;
    else refuse(state, phase, { task, failure: refuted, atMs });
  }
  // Neither an empty grant, which has no reason to tell, nor one of tasks that are all refused must
  // make a hot loop.
  if (takenUp === 0) phase.askAtMs = askedAtMs + ASK_INTERVAL_MS;
}

/** Takes what a report brought along; where that is nothing, the next request for work waits. */
export function takeNext(
  state: AgentState,
  phase: WorkingPhase,
  event: { readonly next: LeaseAnswer | null; readonly atMs: number },
  effects: AgentEffect[],
): void {
  const { next, atMs } = event;
  if (phase.leasing?.along !== true) return;
  if (next?.kind === 'granted') return takeLeases(state, phase, { answer: next, atMs }, effects);
  phase.leasing = null;
  if (next !== null) phase.refusal = next.reason;
}

/** Has the next report tell why a task is not done. */
function refuse(
  state: AgentState,
  phase: WorkingPhase,
  of: { readonly task: LeasedTask; readonly failure: Failure; readonly atMs: number },
): void {
  const { task, failure, atMs } = of;
  const { lease, work } = task;
  state.lastFailure = { failure, atMs };
  state.counters.tasksFailed += 1;
  const backend = phase.offered.primitives[primitiveOf(work)] ?? 'wasm';
  const result = { kind: 'failed', failure } as const;
  const report = { lease, result, computeMs: 0, backend };
  phase.held.move(lease, { kind: 'done', result: report, atMs });
}
