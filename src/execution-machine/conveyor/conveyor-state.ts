// What a conveyor works with, and what it tells of itself.
import type { Failure } from '../../domain/failure.ts';
import type { MessageSigner } from '../../integrity/index.ts';
import type { ArchiveTarget } from './archive-target.ts';
import type { ConveyorStore } from './conveyor-store.ts';
import type { ArchivedLog } from './pack-from.ts';

/** Time, real or virtual. */
export type ConveyorClock = {
  /** Unix time in milliseconds. */
  readonly nowMs: () => number;
  /** Waits so long, or until the signal. */
  readonly wait: (durationMs: number, signal: AbortSignal) => Promise<void>;
};

/** Where an archive stands. */
export type ConveyorState = {
  readonly target: string;
  /** Entries, from the first on, that it has, but for those that it refused. */
  readonly confirmedSize: number;
  readonly postedSize: number;
  /** What it refuses, in order: entries from `first` up to, not including, `end`. */
  readonly refused: readonly EntrySpan[];
  /** Unix time in ms; 0: never. */
  readonly confirmedAtMs: number;
  /** Why the last try failed; null where it did not. */
  readonly failure: Failure | null;
  /** When it is tried again, Unix time in ms; 0 where nothing waits. */
  readonly retryAtMs: number;
  /** When entries that are too few by now are archived, Unix time in ms; 0 where none wait so. */
  readonly dueAtMs: number;
};

/** Entries from `first` up to, not including, `end`. */
export type EntrySpan = { readonly first: number; readonly end: number };

export type ConveyorOptions = {
  readonly log: ArchivedLog;
  readonly target: ArchiveTarget;
  readonly store: ConveyorStore;
  /** The archive's own key: whose items these are. */
  readonly signer: MessageSigner;
  readonly clock: ConveyorClock;
};
