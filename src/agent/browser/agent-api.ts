import type { Outcome } from '../../domain/outcome.ts';
import type { AgentLimits } from '../agent-event.ts';
import type { AgentSnapshot } from '../agent-snapshot.ts';

/**
 * The agent worker as its page sees it, through comlink.
 *
 * A call to a worker that died never settles: the page goes through `supervisor.ts`, which gives
 * every call a deadline.
 */
export type AgentApi = {
  /** Starts computing here, or waits until no other tab of this browser does. */
  start(limits: AgentLimits): Promise<Outcome<void>>;
  /** Stops computing at once and hands all leases back; nothing is finished. */
  pause(): Promise<Outcome<void>>;
  resume(): Promise<Outcome<void>>;
  /** Like a pause, and lets another tab take over. */
  stop(): Promise<Outcome<void>>;
  setLimits(limits: AgentLimits): Promise<Outcome<void>>;
  /**
   * Tells the listener now, at every change of phase, and otherwise at most SNAPSHOTS_PER_SECOND
   * times a second. One listener: a later one takes its place.
   */
  subscribe(listener: (update: AgentUpdate) => void): Promise<Outcome<void>>;
  /** Answers: the worker lives. */
  ping(): Promise<Outcome<void>>;
};

/** What a page is told of its agent. */
export type AgentUpdate = {
  readonly agent: BrowserAgentSnapshot;
  /** LeaveRequest as bytes, to be sent as a beacon when the page closes; null without a session. */
  readonly leaveRequest: Uint8Array | null;
};

/**
 * An agent in a tab. `place` says where computing goes on in this browser: 'elsewhere' is another
 * tab; 'waiting' is the same while this tab is to take over when that one closes.
 */
export type BrowserAgentSnapshot = {
  readonly place: 'here' | 'elsewhere' | 'waiting';
  /** Null until the tab's key is there. */
  readonly snapshot: AgentSnapshot | null;
};

/** Most updates of a page in a second, besides changes of phase. Count. */
export const SNAPSHOTS_PER_SECOND = 4;
