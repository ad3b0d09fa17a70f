import type { BlockSink } from '../data/index.ts';
import type { SessionId } from '../domain/ids.ts';
import type { AgentRpc } from './agent-rpc.ts';
import type { JoinPorts } from './joining.ts';
import type { TaskData } from './task-data.ts';

/** What an agent acts through. */
export type AgentPorts = JoinPorts & {
  /** Those that it may be attached to, the first one first. */
  readonly orchestrators: readonly [Orchestrator, ...Orchestrator[]];
};

/** An orchestrator as an agent acts through it; nothing of one is for another. */
export type Orchestrator = {
  readonly address: string;
  readonly rpc: AgentRpc;
  readonly data: TaskData;
  /** Where a session's outputs are put. */
  readonly sinkOf: (session: SessionId) => BlockSink;
};

export type Clock = {
  /** Unix time in milliseconds that never goes back. */
  nowMs(): number;
  /** Calls once at that instant, or as soon as can be behind it; returns how to cancel that. */
  wakeAt(atMs: number, call: () => void): () => void;
};
