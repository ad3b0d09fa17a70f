import type { Outcome } from '../../domain/outcome.ts';
import type { ArchiveItem } from './archive-piece.ts';

/** A piece that waits for the archive to have it. */
export type QueuedItem = {
  readonly item: ArchiveItem;
  /** When it was posted, Unix time in ms; null: not that is known. */
  readonly postedAtMs: number | null;
};

/** What a store had when it was opened. */
export type KeptQueue = {
  /** Entries, from the first on, that the archive has, but for those of `items`. */
  readonly confirmedSize: number;
  /** When the last of them was confirmed, Unix time in ms; 0: never. */
  readonly confirmedAtMs: number;
  /** In order: what was refused of the confirmed part, then without a gap what is behind it. */
  readonly items: readonly QueuedItem[];
};

/**
 * Where a conveyor keeps its queue. What succeeded is durable; what failed left nothing.
 *
 * Errors: "storage_full" | "storage_failed".
 */
export type ConveyorStore = {
  load(): Promise<Outcome<KeptQueue>>;
  /** Adds pieces behind those that are there: all or none. */
  add(items: readonly ArchiveItem[]): Promise<Outcome<void>>;
  /** Takes note that a piece was posted. */
  posted(first: number, atMs: number): Promise<Outcome<void>>;
  /** Drops a piece: the archive has it, and all before it but what still waits. */
  confirmed(item: Pick<ArchiveItem, 'first' | 'end'>, atMs: number): Promise<Outcome<void>>;
  close(): Promise<void>;
};
