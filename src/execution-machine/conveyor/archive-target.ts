import type { Outcome } from '../../domain/outcome.ts';
import type { ArchiveItem } from './archive-piece.ts';

/** What an archive says of an item. */
export type ItemState =
  /** It knows nothing of it. */
  | 'unknown'
  /** It took it, and does not have it for good yet. */
  | 'pending'
  /** It gives it to anybody who asks. */
  | 'there';

/** A piece as an archive lists it. Nothing of it is verified. */
export type ListedPiece = {
  readonly id: string;
  readonly first: number;
  readonly end: number;
  /** Who posted it, as the archive names its key. */
  readonly poster: string;
};

/**
 * Where a log is archived. Adapters keep the facts of `archive-target.contract.ts`.
 *
 * Nothing that it answers is believed: whoever reads a piece verifies it.
 * Errors of all: "unavailable" | "timeout" | "rate_limited" (with when to come back) |
 * "storage_full" (its quota, or money, is used up) | "input_invalid" (it refuses) |
 * "storage_failed" | "canceled".
 */
export type ArchiveTarget = {
  /** For people: an address, or "folder". */
  readonly name: string;
  /** Where it is, to tell it from others: what was brought to one is not yet in another. */
  readonly place: string;
  /** Takes an item. The same item again does no harm. */
  post(item: ArchiveItem, signal: AbortSignal): Promise<Outcome<void>>;
  /** What it has of an item. */
  stateOf(id: string, signal: AbortSignal): Promise<Outcome<ItemState>>;
  /** The payload of an item, at most ARCHIVE_PIECE_BYTES_MAX; null where it does not have it. */
  read(id: string, signal: AbortSignal): Promise<Outcome<Uint8Array | null>>;
  /** The pieces of a log that it lists, at most ARCHIVE_LISTED_MAX. `logKey` is base64url. */
  list(logKey: string, signal: AbortSignal): Promise<Outcome<readonly ListedPiece[]>>;
};
