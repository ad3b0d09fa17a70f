import type { Outcome } from '../../domain/outcome.ts';
import type { SchedulerState } from '../../scheduler/index.ts';

/** The scheduler's state as bytes and back. */
export type SchedulerSnapshots = {
  take(state: SchedulerState): Uint8Array;
  /** Errors: "storage_failed" for bytes of a version that is not known. */
  restore(bytes: Uint8Array): Outcome<SchedulerState>;
};

/** Null: this version of the scheduler makes none, and its log is never shortened. */
export const SNAPSHOTS: SchedulerSnapshots | null = null;
