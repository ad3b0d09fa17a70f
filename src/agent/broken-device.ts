// What becomes of results when a backend of this device is found to compute wrongly: what was not
// reported is handed back, what was is withdrawn, and the agent joins again with what it still can
// as soon as it holds nothing more.
import type { ConformanceReport } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import type { LeaseId } from '../domain/ids.ts';
import { WITHDRAWN_PER_CALL_MAX } from '../domain/limits.ts';
import type { Standing } from '../domain/standing.ts';
import type { AgentEffect } from './agent-effect.ts';
import type { AgentState, WorkingPhase } from './agent-state.ts';
import type { HeldTask } from './held-tasks.ts';

/** The last time that the device was tried beside its joining: why, and what came out wrong. */
export type SelfTest = {
  /** 'working': a vector failed in mid-session. 'quarantine': the owner is to know why. */
  readonly why: 'working' | 'quarantine';
  readonly failed: readonly ConformanceReport[];
  readonly atMs: number;
};

const WRONG = failure(
  'conformance_failed',
  'the device began to compute wrongly, and this may be of after that. Try it on another device.',
);

/** Gives up what a broken backend computed since it was last known to be right. */
export function giveUpSuspects(
  state: AgentState,
  phase: WorkingPhase,
  of: {
    readonly failed: readonly ConformanceReport[];
    readonly suspects: readonly LeaseId[];
    readonly atMs: number;
  },
  effects: AgentEffect[],
): void {
  const { failed, suspects, atMs } = of;
  state.selfTest = { why: 'working', failed, atMs };
  phase.rejoins = true;
  for (const lease of suspects) {
    const held = phase.held.get(lease);
    // On its way, or there already.
    if (held === undefined || held.stage.kind === 'reporting') phase.withdrawn.add(lease);
    else handBack(state, phase, { held, atMs }, effects);
  }
  if (phase.withdrawn.size > 0) phase.lookAtMs = atMs;
}

/** The result of a withdrawn lease whose report did not get through: it is not sent again. */
export function withdrawUnsent(phase: WorkingPhase, { task, stage }: HeldTask): boolean {
  if (stage.kind !== 'reporting' || !phase.withdrawn.has(task.lease)) return false;
  const result = { ...stage.result, result: { kind: 'failed', failure: WRONG } } as const;
  phase.held.move(task.lease, { ...stage, kind: 'done', result });
  return true;
}

/** As many as one heartbeat may name. */
export function toWithdraw({ withdrawn }: WorkingPhase): LeaseId[] {
  return [...withdrawn].slice(0, WITHDRAWN_PER_CALL_MAX);
}

/** The orchestrator has heard of these; the rest is told at once. */
export function noteWithdrawn(
  phase: WorkingPhase,
  of: { readonly withdrawn: readonly LeaseId[]; readonly atMs: number },
): void {
  for (const lease of of.withdrawn) phase.withdrawn.delete(lease);
  if (phase.withdrawn.size > 0) phase.lookAtMs = of.atMs;
}

/** Whether nothing would be lost by joining again, as a device that changed wants to. */
export function mayRejoin({ rejoins, ...phase }: WorkingPhase): boolean {
  const isIdle = phase.leasing === null && !phase.reporting && !phase.heartbeating;
  return rejoins && isIdle && phase.held.size === 0 && phase.withdrawn.size === 0;
}

/** Takes a standing in; a quarantine that is new has the vectors run, so that its owner knows. */
export function noteStanding(state: AgentState, standing: Standing, effects: AgentEffect[]): void {
  const isNew = standing.quarantine !== null && (state.standing?.quarantine ?? null) === null;
  state.standing = standing;
  if (isNew) effects.push({ kind: 'try-vectors', epoch: state.epoch });
}

function handBack(
  state: AgentState,
  phase: WorkingPhase,
  { held, atMs }: { readonly held: HeldTask; readonly atMs: number },
  effects: AgentEffect[],
): void {
  const { task, stage } = held;
  const isOutput = stage.kind === 'done' && stage.result.result.kind === 'output';
  if (stage.kind !== 'computed' && stage.kind !== 'storing' && !isOutput) return;
  const { computeMs, backend } = stage.kind === 'done' ? stage.result : stage;
  const result = { kind: 'failed', failure: WRONG } as const;
  const report = { lease: task.lease, result, computeMs, backend };
  state.counters.tasksFailed += 1;
  effects.push({ kind: 'drop', lease: task.lease });
  phase.held.move(task.lease, { kind: 'done', result: report, atMs });
}
