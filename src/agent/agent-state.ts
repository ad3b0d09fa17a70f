import type { Failure } from '../domain/failure.ts';
import type { LeaseId } from '../domain/ids.ts';
import type { IdleReason } from '../domain/idle.ts';
import { randomStream, type RandomStream } from '../domain/random.ts';
import type { Standing } from '../domain/standing.ts';
import type { AgentLimits, SessionTerms } from './agent-event.ts';
import type { SelfTest } from './broken-device.ts';
import type { HeldTasks } from './held-tasks.ts';
import type { Offer } from './refute-task.ts';

/** One agent. Owned and changed by `stepAgent` alone. */
export type AgentState = {
  phase: Phase;
  /** Grows with every joining, pause and stop; answers to effects of a former one are void. */
  epoch: number;
  limits: AgentLimits;
  readonly round: Round;
  /** Sessions, or rounds of joinings, that failed one after the other. */
  tries: number;
  standing: Standing | null;
  counters: AgentCounters;
  lastFailure: { readonly failure: Failure; readonly atMs: number } | null;
  selfTest: SelfTest | null;
  idle: Idle | null;
  /** Mean time that a task computes here, the recent ones weighing most; null before the first. */
  meanTaskMs: number | null;
  readonly random: RandomStream;
};

/** Which orchestrator an agent is at: an index among those that its owner named. */
export type Round = {
  readonly size: number;
  at: number;
  /** Those that failed it one after the other, less than all; 0 once a session lasted. */
  failed: number;
  /** The one it had, and why it left that; null while it is there. */
  left: { readonly from: number; readonly failure: Failure } | null;
  /** The last time that it joined another. */
  moved: Move | null;
};

export type Move = {
  readonly from: number;
  readonly to: number;
  readonly failure: Failure;
  readonly atMs: number;
};

export type Phase =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'joining' }
  | { readonly kind: 'backing-off'; readonly untilMs: number; readonly failure: Failure }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | WorkingPhase;

export type WorkingPhase = {
  readonly kind: 'working';
  readonly terms: SessionTerms;
  /** What it joined with; no task needs more. */
  readonly offered: Offer;
  readonly joinedAtMs: number;
  readonly held: HeldTasks;
  /** A request for work under way; `along`: with a report, which waits for none. */
  leasing: { readonly askedAtMs: number; readonly along: boolean } | null;
  reporting: boolean;
  heartbeating: boolean;
  /** When the orchestrator last got a sign of life that renews what heartbeats renew. */
  beatAtMs: number;
  /** When to look at what became of results; Infinity: with the next heartbeat. */
  lookAtMs: number;
  /** How long until the next look at what became of results, while nothing else would tell. */
  lookMs: number;
  /** No asking for work before this instant. */
  askAtMs: number;
  refusal: IdleReason | null;
  /** Results to be taken back, of which the orchestrator has not heard yet. */
  readonly withdrawn: Set<LeaseId>;
  /** Joins again once nothing is held: the device can do other things than it joined with. */
  rejoins: boolean;
  /** Set while the orchestrator cannot be reached; what is computed goes on. */
  trouble: Trouble | null;
  /** When a task of this session was computed last, and for which job; null before the first. */
  lastComputed: { readonly jobName: string; readonly atMs: number } | null;
};

export type Trouble = {
  readonly tries: number;
  readonly failure: Failure;
  /** Calls wait until then; null: they are being tried again. */
  readonly untilMs: number | null;
  /** Since when there was no answer at all; null: it answers, if with a failure. */
  readonly awaySinceMs: number | null;
};

/** Counts since the agent was made. */
export type AgentCounters = {
  tasksLeased: number;
  tasksComputed: number;
  rowsComputed: number;
  tasksReported: number;
  tasksFailed: number;
  tasksDropped: number;
  tasksLate: number;
  computeMs: number;
};

/** Why nothing is computed right now: the orchestrator's reasons and the device's own. */
export type IdleWhy =
  | IdleReason
  | 'stopped'
  | 'paused'
  | 'joining'
  | 'reconnecting'
  | 'refused'
  | 'asking' // waits for the answer to its request for work
  | 'fetching_data'
  | 'loading' // a lane loads a model or opens its device
  | 'reporting'; // all is computed and on its way back

export type Idle = { readonly why: IdleWhy; readonly sinceMs: number };

/** An agent that was not started yet. The seed spreads its reconnects; any number will do. */
export function newAgent(options: {
  readonly limits: AgentLimits;
  readonly orchestratorCount: number;
  readonly seed: number;
  readonly atMs: number;
}): AgentState {
  return {
    phase: { kind: 'stopped' },
    epoch: 0,
    limits: options.limits,
    round: { size: options.orchestratorCount, at: 0, failed: 0, left: null, moved: null },
    tries: 0,
    standing: null,
    counters: {
      tasksLeased: 0,
      tasksComputed: 0,
      rowsComputed: 0,
      tasksReported: 0,
      tasksFailed: 0,
      tasksDropped: 0,
      tasksLate: 0,
      computeMs: 0,
    },
    lastFailure: null,
    selfTest: null,
    idle: { why: 'stopped', sinceMs: options.atMs },
    meanTaskMs: null,
    random: randomStream(options.seed, 'agent-backoff'),
  };
}
