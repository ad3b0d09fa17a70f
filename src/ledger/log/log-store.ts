import type { Outcome } from '../../domain/outcome.ts';
import type { TileReader } from '../tree/tile-reader.ts';

/** A file of a log, by its path below the log's prefix. */
export type LogFile = { readonly path: string; readonly bytes: Uint8Array };

/** An entry that was made durable, and where it stands. */
export type JournalEntry = { readonly index: number; readonly entry: Uint8Array };

/** What a store had when it was opened. */
export type Recovered = {
  /** Of what was published last; null for a new log. */
  readonly checkpoint: Uint8Array | null;
  /** Entries that were kept, in order, perhaps some that are published already. */
  readonly journal: readonly JournalEntry[];
};

/**
 * Where a log is written, by one writer. Adapters keep the facts of `log-store.contract.ts`.
 *
 * Entries are kept first, in the journal; what is published later, as tiles and a checkpoint,
 * follows from them. A process that dies between any two steps leaves what was acknowledged.
 */
export type LogStore = TileReader & {
  recover(): Promise<Outcome<Recovered>>;
  /**
   * Makes entries durable behind those that were kept: all of them or, where it fails, none.
   *
   * Errors: "storage_full" and the store goes on; "storage_failed" and it must be opened anew.
   */
  keep(entries: readonly JournalEntry[]): Promise<Outcome<void>>;
  /**
   * Makes tiles readable and durable, then the checkpoint, and forgets the journal below it.
   *
   * A file that is there must have the same bytes: nobody ever sees two versions of a tile.
   * Errors: "storage_full" | "storage_failed": files may be there, the checkpoint is the old one.
   */
  publish(files: readonly LogFile[], checkpoint: Uint8Array): Promise<Outcome<void>>;
  close(): Promise<void>;
};
