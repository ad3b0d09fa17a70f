import type { Capability, ConformanceReport } from '../domain/capability.ts';
import type { Failure } from '../domain/failure.ts';
import type { AgentId, TaskId } from '../domain/ids.ts';
import type { BackendName, PrimitiveName } from '../domain/operator.ts';
import type { Standing } from '../domain/standing.ts';
import type { SelfTest } from './broken-device.ts';
import type { AgentLimits } from './agent-event.ts';
import type { AgentCounters, AgentState, Idle, Move, Phase } from './agent-state.ts';

/** An agent as its owner may see it: plain values, a new object for every change. */
export type AgentSnapshot = {
  readonly phase: Phase['kind'];
  /** Why nothing is computed, and since when; null while something is, and between two tasks. */
  readonly idle: Idle | null;
  /** When the agent asks or tries again; null where nothing is waited for. Unix time in ms. */
  readonly nextTryAtMs: number | null;
  readonly tasks: readonly TaskView[];
  /** Leased and not yet begun. */
  readonly tasksAhead: number;
  /** Whose task was computed last, and how long tasks take here; null before a session's first. */
  readonly recent: { readonly jobName: string; readonly meanTaskMs: number } | null;
  readonly standing: Standing | null;
  readonly counters: Readonly<AgentCounters>;
  /** Of the present session; null without one. */
  readonly joinedAtMs: number | null;
  readonly lastFailure: { readonly failure: Failure; readonly atMs: number } | null;
  /** The last time that the device was tried beside its joining; null: it was not. */
  readonly selfTest: SelfTest | null;
  /** The one that the agent is attached to or tries, by its address. */
  readonly orchestrator: string;
  /** The last time that it joined another, and why; null before the first. Unix time in ms. */
  readonly moved: MoveView | null;
  readonly agent: AgentId;
  /** Null before the first joining. */
  readonly capability: Capability | null;
  readonly conformance: readonly ConformanceReport[];
  readonly limits: AgentLimits;
};

/** A task that a lane computes. */
export type TaskView = {
  readonly task: TaskId;
  readonly jobName: string;
  readonly rows: number;
  readonly rowsDone: number;
  /** Null while the lane loads what the task needs. */
  readonly primitive: PrimitiveName | null;
  readonly backend: BackendName | null;
  readonly startedAtMs: number;
};

/** A change of orchestrators, by their addresses. */
export type MoveView = Omit<Move, 'from' | 'to'> & { readonly from: string; readonly to: string };

/** What a joined device told the orchestrator of itself. */
export type DeviceReport = {
  readonly capability: Capability;
  readonly conformance: readonly ConformanceReport[];
};

/** The owner's view of a state. */
export function snapshotOf(
  state: AgentState,
  of: {
    readonly agent: AgentId;
    readonly device: DeviceReport | null;
    readonly addresses: readonly string[];
  },
): AgentSnapshot {
  const { phase, round } = state;
  const addressOf = (index: number): string => of.addresses[index] ?? '';
  const working = phase.kind === 'working' ? phase : null;
  return {
    phase: phase.kind,
    idle: state.idle,
    nextTryAtMs: nextTryAtMs(phase),
    tasks: working === null ? [] : tasksOf(working),
    tasksAhead: working?.held.count('leased', 'fetching', 'ready') ?? 0,
    recent: recentOf(state),
    standing: state.standing,
    counters: { ...state.counters },
    joinedAtMs: working?.joinedAtMs ?? null,
    lastFailure: state.lastFailure,
    selfTest: state.selfTest,
    orchestrator: addressOf(round.at),
    moved: round.moved && {
      ...round.moved,
      from: addressOf(round.moved.from),
      to: addressOf(round.moved.to),
    },
    agent: of.agent,
    capability: of.device?.capability ?? null,
    conformance: of.device?.conformance ?? [],
    limits: state.limits,
  };
}

function recentOf({ phase, meanTaskMs }: AgentState): AgentSnapshot['recent'] {
  if (phase.kind !== 'working' || phase.lastComputed === null || meanTaskMs === null) return null;
  return { jobName: phase.lastComputed.jobName, meanTaskMs };
}

function nextTryAtMs(phase: Phase): number | null {
  if (phase.kind === 'backing-off') return phase.untilMs;
  if (phase.kind !== 'working') return null;
  if (phase.trouble !== null) return phase.trouble.untilMs;
  return phase.refusal === null || phase.leasing !== null ? null : phase.askAtMs;
}

function tasksOf(phase: Extract<Phase, { kind: 'working' }>): TaskView[] {
  return phase.held.at('computing').map(({ task, stage }) => ({
    task: task.task,
    jobName: task.jobName,
    rows: task.rows.end - task.rows.start,
    rowsDone: stage.rowsDone,
    primitive: stage.running?.primitive ?? null,
    backend: stage.running?.backend ?? null,
    startedAtMs: stage.startedAtMs,
  }));
}
