import type { Failure } from '../domain/failure.ts';
import type { LeaseId } from '../domain/ids.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { AgentLimits, BrokenBackends } from './agent-event.ts';
import type { LaneProgress, LaneTask, WantedItem } from './lane-message.ts';

/** What lanes may use until the pool is closed, and what brings them what they lack. */
export type PoolOpening = {
  readonly limits: AgentLimits;
  readonly give: GiveItem;
  /** Told when a backend is found to compute wrongly that did not before. */
  readonly onBroken: (broken: BrokenBackends) => void;
};

export type PoolTask = {
  /** What its result is known by. */
  readonly lease: LeaseId;
  readonly task: LaneTask;
  readonly onProgress: (progress: LaneProgress) => void;
  /** Told why the GPU could not do it, before the task is computed again. */
  readonly onGpuFailed: (failure: Failure) => void;
};

/** Brings what a lane lacks. */
export type GiveItem = (item: WantedItem, signal: AbortSignal) => Promise<Outcome<Uint8Array>>;
