import {
  LEASE_AHEAD_MS,
  LEASES_PER_AGENT_MAX,
  REPORT_LINGER_MS,
  REPORT_OUTPUT_BYTES_MAX,
  RESULTS_PER_REPORT_MAX,
} from '../domain/limits.ts';
import type { TaskReport } from '../domain/report.ts';
import { rowBytes } from '../domain/tensor.ts';
import type { LeasedTask } from '../domain/work.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { AgentState, WorkingPhase } from './agent-state.ts';
import { toWithdraw } from './broken-device.ts';

// The share of the lent memory that inputs may fill before their task computes.
const AHEAD_MEMORY_SHARE = 0.25;
// Inputs on their way at once beyond one task for each lane, so that what is computed next does
// not share the line with what comes behind it. Bytes.
const FETCHING_BYTES_MAX = 4 * 1024 * 1024;

/** Begins all that can begin now: fetching, computing, storing, and the calls that are due. */
export function workAtHand(
  state: AgentState,
  phase: WorkingPhase,
  atMs: number,
  effects: AgentEffect[],
): void {
  const begin: Begin = { state, phase, atMs, effects };
  const { trouble } = phase;
  if (trouble !== null && trouble.untilMs !== null && atMs >= trouble.untilMs) {
    phase.trouble = { ...trouble, untilMs: null };
  }
  startComputing(begin);
  if (isReachable(phase)) {
    startFetching(begin);
    storeOutputs(begin);
    if (isReportDue(state, phase, atMs)) report(begin);
    if (isLeaseDue(state, phase, atMs)) lease(begin);
  }
  // Also in trouble: its answer tells that the orchestrator is back.
  if (!phase.heartbeating && atMs >= heartbeatDueAtMs(phase)) heartbeat(begin);
}

/** The next instant at which something falls due that no answer brings about. */
export function nextDueAtMs(state: AgentState, phase: WorkingPhase): number {
  const due = [phase.heartbeating ? Infinity : heartbeatDueAtMs(phase)];
  if (!isReachable(phase)) {
    due.push(phase.trouble?.untilMs ?? Infinity);
  } else {
    const asks = phase.leasing === null && tasksToAskFor(state, phase) > 0;
    if (asks) due.push(phase.askAtMs);
    const oldest = phase.reporting ? null : phase.held.first('done');
    if (oldest !== null) due.push(oldest.stage.atMs + REPORT_LINGER_MS);
  }
  return Math.min(...due);
}

type Begin = {
  readonly state: AgentState;
  readonly phase: WorkingPhase;
  readonly atMs: number;
  readonly effects: AgentEffect[];
};

function isReachable(phase: WorkingPhase): boolean {
  return phase.trouble === null || phase.trouble.untilMs === null;
}

function startComputing({ state, phase, atMs, effects }: Begin): void {
  const { held } = phase;
  while (held.count('computing') < state.limits.lanes) {
    const ready = held.first('ready');
    if (ready === null) return;
    const { task } = ready;
    held.move(task.lease, { kind: 'computing', startedAtMs: atMs, rowsDone: 0, running: null });
    effects.push({ kind: 'compute', epoch: state.epoch, task });
  }
}

/** Fetches in the order of the leases, as far as memory and FETCHING_BYTES_MAX go; one at least. */
function startFetching({ state, phase, effects }: Begin): void {
  const { held } = phase;
  if (held.count('leased') === 0) return;
  let fetchingBytes = sumOfInputs(held.at('fetching'));
  let aheadBytes = fetchingBytes + sumOfInputs(held.at('ready'));
  for (const { task } of held.at('leased')) {
    const taskBytes = cutInputBytes(task);
    fetchingBytes += taskBytes;
    aheadBytes += taskBytes;
    const isEnough = held.count('fetching') >= state.limits.lanes;
    if (isEnough && fetchingBytes > FETCHING_BYTES_MAX) return;
    const memoryBytes = state.limits.memoryBytes * AHEAD_MEMORY_SHARE;
    if (aheadBytes > memoryBytes && aheadBytes > taskBytes) return;
    held.move(task.lease, { kind: 'fetching' });
    effects.push({ kind: 'fetch-inputs', epoch: state.epoch, task });
  }
}

function storeOutputs({ state, phase, effects }: Begin): void {
  const { session } = phase.terms;
  for (const { task, stage } of phase.held.at('computed')) {
    phase.held.move(task.lease, { ...stage, kind: 'storing' });
    effects.push({ kind: 'store-output', epoch: state.epoch, session, task });
  }
}

function isLeaseDue(state: AgentState, phase: WorkingPhase, atMs: number): boolean {
  if (phase.leasing !== null || atMs < phase.askAtMs) return false;
  return tasksToAskFor(state, phase) > 0;
}

function lease({ state, phase, atMs, effects }: Begin): void {
  const maxTasks = tasksToAskFor(state, phase);
  const { session, longPollMs: waitMs } = phase.terms;
  phase.leasing = { askedAtMs: atMs, along: false };
  effects.push({ kind: 'lease', epoch: state.epoch, session, maxTasks, waitMs });
}

/**
 * How many tasks to lease now: enough that no lane waits for the next answer, no more than
 * LEASE_AHEAD_MS of computing, and not one by one while half of that is still here.
 */
function tasksToAskFor(state: AgentState, phase: WorkingPhase): number {
  if (phase.rejoins) return 0;
  const { lanes } = state.limits;
  const { held } = phase;
  const callMax = phase.terms.leasesPerCallMax;
  const meanMs = Math.max(state.meanTaskMs ?? LEASE_AHEAD_MS, 1);
  const wantedAhead = Math.ceil((lanes * LEASE_AHEAD_MS) / meanMs);
  const ahead = Math.max(lanes, Math.min(wantedAhead, callMax));
  const missing = lanes + ahead - held.count('leased', 'fetching', 'ready', 'computing');
  if (missing < Math.ceil(ahead / 2)) return 0;
  return Math.max(0, Math.min(missing, callMax, LEASES_PER_AGENT_MAX - held.size));
}

function isReportDue(state: AgentState, phase: WorkingPhase, atMs: number): boolean {
  if (phase.reporting) return false;
  const { held } = phase;
  const oldest = held.first('done');
  if (oldest === null) return false;
  if (atMs >= oldest.stage.atMs + REPORT_LINGER_MS) return true;
  // Work is to be asked for: one call does both.
  if (isLeaseDue(state, phase, atMs)) return true;
  // Nothing else is coming that could share the report; or it is full.
  return held.size === held.count('done') || held.count('done') >= RESULTS_PER_REPORT_MAX;
}

/** As many finished results as one report holds; one at least. Asks for work where it is due. */
function report({ state, phase, atMs, effects }: Begin): void {
  const maxTasks = isLeaseDue(state, phase, atMs) ? tasksToAskFor(state, phase) : 0;
  if (maxTasks > 0) phase.leasing = { askedAtMs: atMs, along: true };
  const results: TaskReport[] = [];
  let bytes = 0;
  for (const { task, stage } of phase.held.at('done')) {
    bytes += inlineBytes(stage.result);
    const isFull = bytes > REPORT_OUTPUT_BYTES_MAX && results.length > 0;
    if (isFull || results.length === RESULTS_PER_REPORT_MAX) break;
    results.push(stage.result);
    phase.held.move(task.lease, { ...stage, kind: 'reporting' });
  }
  phase.reporting = true;
  const { session } = phase.terms;
  effects.push({ kind: 'report', epoch: state.epoch, session, results, maxTasks });
}

/** Who waits for work with a request that is held, and holds no lease, is heard of by that. */
function heartbeatDueAtMs(phase: WorkingPhase): number {
  const isWaiting = phase.leasing !== null && !phase.leasing.along && phase.held.size === 0;
  const { heartbeatMs, idleHeartbeatMs } = phase.terms;
  return Math.min(phase.lookAtMs, phase.beatAtMs + (isWaiting ? idleHeartbeatMs : heartbeatMs));
}

function heartbeat({ state, phase, atMs, effects }: Begin): void {
  const leases = [];
  for (const { task, stage } of phase.held.all()) {
    if (stage.kind === 'reporting') continue;
    const rowsDone = stage.kind === 'computing' ? stage.rowsDone : 0;
    leases.push({ lease: task.lease, rowsDone });
  }
  phase.heartbeating = true;
  phase.beatAtMs = atMs;
  phase.lookAtMs = Infinity;
  const { session } = phase.terms;
  const withdrawn = toWithdraw(phase);
  effects.push({ kind: 'heartbeat', epoch: state.epoch, session, leases, withdrawn });
}

function inlineBytes(result: TaskReport): number {
  if (result.result.kind === 'failed') return 0;
  let bytes = 0;
  for (const { source } of result.result.output) {
    if (source.kind === 'inline') bytes += source.bytes.byteLength;
  }
  return bytes;
}

function sumOfInputs(held: readonly { readonly task: LeasedTask }[]): number {
  return held.reduce((sum, { task }) => sum + cutInputBytes(task), 0);
}

function cutInputBytes(task: LeasedTask): number {
  const rows = task.rows.end - task.rows.start;
  let bytes = 0;
  for (const input of task.work.inputs) {
    if (input.cut === 'rows') bytes += rows * rowBytes(input.tensor);
  }
  return bytes;
}
