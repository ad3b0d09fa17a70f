import type { ConformanceReport } from '../domain/capability.ts';
import type { Failure } from '../domain/failure.ts';
import type { LeaseId, SessionId } from '../domain/ids.ts';
import type { IdleReason } from '../domain/idle.ts';
import type { BackendName, PrimitiveName } from '../domain/operator.ts';
import type { ResultStatus } from '../domain/report.ts';
import type { Standing } from '../domain/standing.ts';
import type { LeasedTask, TaskOutput } from '../domain/work.ts';
import type { Offer } from './refute-task.ts';

/** What a device began to compute wrongly, and what it computed while it may have done so. */
export type BrokenBackends = {
  readonly failed: readonly ConformanceReport[];
  /** Results that such a backend computed since its last vector that passed. */
  readonly suspects: readonly LeaseId[];
};

/** What the owner of the device lends. */
export type AgentLimits = {
  /** Tasks computed at once, 1 to LANES_MAX. */
  readonly lanes: number;
  /** Memory for all lanes together. */
  readonly memoryBytes: number;
  /** 'auto': WebGPU where the device has a real one that computes rightly, WASM otherwise. */
  readonly backend: BackendChoice;
};
export type BackendChoice = 'auto' | 'webgpu' | 'wasm';

/** What an orchestrator grants to a session. */
export type SessionTerms = {
  readonly session: SessionId;
  readonly heartbeatMs: number;
  /** As `heartbeatMs`, while a request for work is held and no lease is. */
  readonly idleHeartbeatMs: number;
  readonly leasesPerCallMax: number;
  readonly longPollMs: number;
  readonly standing: Standing;
  /** Whether it may lie on purpose: a sandbox, or it is taken as a canary. */
  readonly mayLie: boolean;
};

/** What answers a lease call. */
export type LeaseAnswer = { readonly standing: Standing } & (
  | { readonly kind: 'granted'; readonly tasks: readonly LeasedTask[] }
  | { readonly kind: 'refused'; readonly reason: IdleReason; readonly askAgainMs: number }
);

/**
 * Everything that can happen to an agent.
 *
 * `epoch` is that of the effect which an event answers: an answer of a former epoch, thus of
 * before a pause, a stop or another join, changes nothing.
 */
export type AgentEvent = { readonly atMs: number } & AgentEventBody;

export type AgentEventBody =
  // From the owner.
  | { readonly kind: 'start-requested' }
  | { readonly kind: 'pause-requested' }
  | { readonly kind: 'resume-requested' }
  | { readonly kind: 'stop-requested' }
  | { readonly kind: 'limits-changed'; readonly limits: AgentLimits }
  // From the clock: the instant of `wakeAtMs` has come.
  | { readonly kind: 'woken' }
  | ({ readonly epoch: number } & AgentAnswer);

export type AgentAnswer =
  // From the orchestrator.
  | { readonly kind: 'joined'; readonly terms: SessionTerms; readonly offered: Offer }
  | { readonly kind: 'join-failed'; readonly failure: Failure }
  | { readonly kind: 'leases-answered'; readonly answer: LeaseAnswer }
  | {
      readonly kind: 'report-answered';
      readonly leases: readonly LeaseId[];
      readonly statuses: readonly ResultStatus[];
      readonly standing: Standing;
      /** Answers the wish for tasks; null where there was none, or the answer says nothing of it. */
      readonly next: LeaseAnswer | null;
    }
  | {
      readonly kind: 'heartbeat-answered';
      readonly dropped: readonly LeaseId[];
      /** Those that the heartbeat took back. */
      readonly withdrawn: readonly LeaseId[];
      readonly standing: Standing;
    }
  | { readonly kind: 'call-failed'; readonly call: AgentCall; readonly failure: Failure }
  // From one task's way through the device.
  | { readonly kind: 'inputs-fetched'; readonly lease: LeaseId }
  | {
      readonly kind: 'task-progressed';
      readonly lease: LeaseId;
      readonly rowsDone: number;
      readonly primitive: PrimitiveName;
      readonly backend: BackendName;
    }
  | {
      readonly kind: 'task-computed';
      readonly lease: LeaseId;
      readonly computeMs: number;
      readonly backend: BackendName;
    }
  /** The GPU could not compute a task, which is computed in another way. */
  | { readonly kind: 'gpu-failed'; readonly failure: Failure }
  /** A backend began to compute wrongly. */
  | ({ readonly kind: 'backend-broken' } & BrokenBackends)
  /** The device can do other things than it joined with. */
  | { readonly kind: 'capability-changed' }
  /** All vectors were run again; these failed. */
  | { readonly kind: 'vectors-tried'; readonly failed: readonly ConformanceReport[] }
  | { readonly kind: 'output-stored'; readonly lease: LeaseId; readonly output: TaskOutput }
  /** `computeMs` and `backend` as far as it came. */
  | {
      readonly kind: 'task-failed';
      readonly lease: LeaseId;
      readonly failure: Failure;
      readonly computeMs: number;
      readonly backend: BackendName;
    };

/** Calls of a session that may fail. */
export type AgentCall = 'lease' | 'report' | 'heartbeat';
