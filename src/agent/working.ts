import { assertNever } from '../domain/assert.ts';
import type { Failure } from '../domain/failure.ts';
import type { LeaseId } from '../domain/ids.ts';
import type { ResultStatus } from '../domain/report.ts';
import type { LeasedTask } from '../domain/work.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { AgentAnswer } from './agent-event.ts';
import type { AgentState, WorkingPhase } from './agent-state.ts';
import { backoffMs, isAway, isTransient } from './backoff.ts';
import { giveUpSuspects, noteStanding, noteWithdrawn, withdrawUnsent } from './broken-device.ts';
import { HeldTasks, type HeldTask } from './held-tasks.ts';
import { takeLeases, takeNext } from './taking-leases.ts';

// The first weight of a new task's time in the mean. Share.
const MEAN_WEIGHT = 0.3;
// First wait before a look at what became of results; each next one is twice as long.
const LOOK_MS_MIN = 250;
// How long to leave an orchestrator in peace that quarantines without saying until when.
const QUARANTINE_ASK_MS = 60_000;

type Answer = AgentAnswer & { readonly atMs: number };

/** The first state of a session. */
export function beginWorking(
  { terms, offered }: Pick<WorkingPhase, 'terms' | 'offered'>,
  atMs: number,
): WorkingPhase {
  return {
    kind: 'working',
    terms,
    offered,
    joinedAtMs: atMs,
    held: new HeldTasks(),
    leasing: null,
    reporting: false,
    heartbeating: false,
    beatAtMs: atMs,
    lookAtMs: Infinity,
    lookMs: LOOK_MS_MIN,
    askAtMs: atMs,
    refusal: null,
    withdrawn: new Set(),
    rejoins: false,
    trouble: null,
    lastComputed: null,
  };
}

/** Takes an answer in; returns why the session is over, or null where it goes on. */
export function answerWhileWorking(
  state: AgentState,
  phase: WorkingPhase,
  event: Answer,
  effects: AgentEffect[],
): Failure | null {
  switch (event.kind) {
    case 'joined':
    case 'join-failed':
      return null;
    case 'leases-answered':
      heard(phase);
      takeLeases(state, phase, event, effects);
      return null;
    case 'report-answered':
      heard(phase);
      phase.reporting = false;
      noteStanding(state, event.standing, effects);
      takeStatuses(state, phase, event);
      takeNext(state, phase, event, effects);
      phase.lookMs = LOOK_MS_MIN;
      lookSoon(state, phase, event.atMs);
      return null;
    case 'heartbeat-answered':
      heard(phase);
      phase.heartbeating = false;
      noteStanding(state, event.standing, effects);
      noteWithdrawn(phase, event);
      for (const lease of event.dropped) drop(state, phase, { lease, atMs: event.atMs }, effects);
      lookSoon(state, phase, event.atMs);
      return null;
    case 'call-failed':
      return failCall(state, phase, event);
    case 'gpu-failed':
      state.lastFailure = { failure: event.failure, atMs: event.atMs };
      return null;
    case 'backend-broken':
      giveUpSuspects(state, phase, event, effects);
      return null;
    case 'capability-changed':
      phase.rejoins = true;
      return null;
    case 'vectors-tried':
      state.selfTest = { why: 'quarantine', failed: event.failed, atMs: event.atMs };
      return null;
    case 'inputs-fetched':
    case 'task-progressed':
    case 'task-computed':
    case 'output-stored':
    case 'task-failed': {
      const held = phase.held.get(event.lease);
      // Dropped in the meantime.
      if (held === undefined) return null;
      return advance(state, phase, held, event);
    }
    default:
      return assertNever(event);
  }
}

/**
 * Makes the next heartbeat sooner where its answer is all that would tell what became of results:
 * nothing else is being computed, or none of this key's was ever accepted.
 */
function lookSoon(state: AgentState, phase: WorkingPhase, atMs: number): void {
  const { standing } = state;
  if (standing === null || standing.pending === 0) return;
  if (phase.held.size > 0 && standing.accepted > 0) return;
  phase.lookAtMs = Math.min(phase.lookAtMs, atMs + phase.lookMs);
  phase.lookMs = Math.min(phase.lookMs * 2, phase.terms.heartbeatMs);
}

/** Whoever answers again, or answers others while a request for work is held, is not shutting down. */
function heard(phase: WorkingPhase): void {
  const goesOn = phase.trouble !== null || phase.leasing !== null;
  if (goesOn && phase.refusal === 'shutting_down') phase.refusal = null;
  phase.trouble = null;
}

function takeStatuses(
  state: AgentState,
  phase: WorkingPhase,
  event: { readonly leases: readonly LeaseId[]; readonly statuses: readonly ResultStatus[] },
): void {
  for (const [index, lease] of event.leases.entries()) {
    phase.held.remove(lease);
    const status = event.statuses[index];
    if (status === 'received' || status === 'duplicate') state.counters.tasksReported += 1;
    else if (status === 'late' || status === 'foreign') state.counters.tasksLate += 1;
    else state.counters.tasksFailed += 1;
  }
}

function drop(
  state: AgentState,
  phase: WorkingPhase,
  { lease, atMs }: { readonly lease: LeaseId; readonly atMs: number },
  effects: AgentEffect[],
): void {
  const held = phase.held.get(lease);
  // What is on its way back is answered by its own report.
  if (held === undefined || held.stage.kind === 'reporting') return;
  if (held.stage.kind === 'computing') noteComputed(phase, held.task, atMs);
  phase.held.remove(lease);
  state.counters.tasksDropped += 1;
  effects.push({ kind: 'drop', lease });
}

function failCall(
  state: AgentState,
  phase: WorkingPhase,
  event: Extract<Answer, { kind: 'call-failed' }>,
): Failure | null {
  const { call, failure, atMs } = event;
  if (failure.code === 'session_unknown') return failure;
  if (call === 'lease') phase.leasing = null;
  if (call === 'heartbeat') phase.heartbeating = false;
  if (call === 'report') {
    phase.reporting = false;
    if (phase.leasing?.along === true) phase.leasing = null;
    settleFailedReport(state, phase, isTransient(failure));
  }
  state.lastFailure = { failure, atMs };
  if (failure.code === 'agent_quarantined') {
    phase.refusal = 'quarantined';
    phase.askAtMs = atMs + (failure.retryAfterMs ?? QUARANTINE_ASK_MS);
  } else {
    meetTrouble(state, phase, { failure, atMs });
  }
  return null;
}

/** What could not be delivered is kept for another try; what was refused as a whole is given up. */
function settleFailedReport(state: AgentState, phase: WorkingPhase, again: boolean): void {
  for (const held of phase.held.at('reporting')) {
    const { task, stage } = held;
    if (withdrawUnsent(phase, held)) continue;
    if (again) {
      phase.held.move(task.lease, { ...stage, kind: 'done' });
    } else {
      phase.held.remove(task.lease);
      state.counters.tasksFailed += 1;
    }
  }
}

function meetTrouble(
  state: AgentState,
  phase: WorkingPhase,
  met: { readonly failure: Failure; readonly atMs: number },
): void {
  const { failure, atMs } = met;
  // Calls that fail together are one trouble.
  if (phase.trouble !== null && phase.trouble.untilMs !== null) return;
  const tries = (phase.trouble?.tries ?? 0) + 1;
  const untilMs = atMs + backoffMs({ tries, failure }, state.random);
  const awaySinceMs = isAway(failure) ? (phase.trouble?.awaySinceMs ?? atMs) : null;
  phase.trouble = { tries, failure, untilMs, awaySinceMs };
}

type TaskAnswer = Extract<Answer, { readonly lease: LeaseId }>;

function advance(
  state: AgentState,
  phase: WorkingPhase,
  { task, stage }: HeldTask,
  event: TaskAnswer,
): Failure | null {
  const { held } = phase;
  switch (event.kind) {
    case 'inputs-fetched':
      if (stage.kind === 'fetching') held.move(task.lease, { kind: 'ready' });
      return null;
    case 'task-progressed':
      if (stage.kind === 'computing') {
        const running = { primitive: event.primitive, backend: event.backend };
        held.move(task.lease, { ...stage, rowsDone: event.rowsDone, running });
      }
      return null;
    case 'task-computed':
      if (stage.kind === 'computing') {
        countComputed(state, task, event.computeMs);
        noteComputed(phase, task, event.atMs);
        const { computeMs, backend } = event;
        held.move(task.lease, { kind: 'computed', computeMs, backend });
      }
      return null;
    case 'output-stored':
      if (stage.kind === 'storing') {
        const result = { kind: 'output', output: event.output } as const;
        const { computeMs, backend } = stage;
        const report = { lease: task.lease, result, computeMs, backend };
        held.move(task.lease, { kind: 'done', result: report, atMs: event.atMs });
      }
      return null;
    case 'task-failed':
      return failTask(state, phase, { task, stage }, event);
    default:
      return assertNever(event);
  }
}

function failTask(
  state: AgentState,
  phase: WorkingPhase,
  { task, stage }: HeldTask,
  event: Extract<TaskAnswer, { kind: 'task-failed' }>,
): Failure | null {
  const { failure, atMs, computeMs, backend } = event;
  const { held } = phase;
  if (failure.code === 'session_unknown') return failure;
  const isMoving = stage.kind === 'fetching' || stage.kind === 'storing';
  if (!isMoving && stage.kind !== 'computing') return null;
  state.lastFailure = { failure, atMs };
  if (isTransient(failure) && stage.kind !== 'computing') {
    // Not the task's fault: the same step again once the orchestrator is back.
    if (stage.kind === 'storing') held.move(task.lease, { ...stage, kind: 'computed' });
    else held.move(task.lease, { kind: 'leased' });
    meetTrouble(state, phase, { failure, atMs });
    return null;
  }
  if (stage.kind === 'computing') noteComputed(phase, task, atMs);
  state.counters.tasksFailed += 1;
  const result = { kind: 'failed', failure } as const;
  const report = { lease: task.lease, result, computeMs, backend };
  held.move(task.lease, { kind: 'done', result: report, atMs });
  return null;
}

/** However it ended. */
function noteComputed(phase: WorkingPhase, { jobName }: LeasedTask, atMs: number): void {
  phase.lastComputed = { jobName, atMs };
}

function countComputed(state: AgentState, task: LeasedTask, computeMs: number): void {
  const { counters } = state;
  counters.tasksComputed += 1;
  counters.rowsComputed += task.rows.end - task.rows.start;
  counters.computeMs += computeMs;
  const mean = state.meanTaskMs ?? computeMs;
  state.meanTaskMs = mean + MEAN_WEIGHT * (computeMs - mean);
}
