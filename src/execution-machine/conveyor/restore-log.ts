// Builds a log again from the archive alone.
//
//   listed pieces ── one goes on where the log ends, is its log's, and leads to the root that its
//   label's checkpoint signed ──> the log grows ── ... ──> written, with the last checkpoint
import { failure } from '../../domain/failure.ts';
import { RESTORE_BEHIND_MAX, RESTORE_ENTRIES_HELD } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { encodeBase64url, equalBytes, VerifyingKeys } from '../../integrity/index.ts';
import {
  advanceEdge,
  Frontier,
  leafHash,
  trustCheckpoint,
  verifyEntry,
  type HashedEntry,
  type LogEdge,
  type LogStore,
  type SignedCheckpoint,
  type VerifierKey,
} from '../../ledger/index.ts';
import { unpackPiece, type ArchivePiece } from './archive-piece.ts';
import type { ArchiveTarget, ListedPiece } from './archive-target.ts';
import type { EntrySpan } from './conveyor-state.ts';

export type RestoredLog = {
  /** Its last checkpoint; null where the archive has nothing of the log. */
  readonly checkpoint: SignedCheckpoint | null;
  readonly size: number;
  readonly pieceCount: number;
  /** Pieces that were listed as this log's and are not. */
  readonly refusedCount: number;
  /**
   * Entries that the archive lacks although it has later ones, in order: from `first` up to, not
   * including, `end`. What is behind them cannot be joined to the log, and is not restored.
   */
  readonly missing: readonly EntrySpan[];
  /** Entries that the log had at least, as it signed itself. */
  readonly knownSize: number;
};

export type RestoreOptions = {
  readonly target: ArchiveTarget;
  readonly log: VerifierKey;
  /** A new one, without a log. */
  readonly store: LogStore;
  readonly signal: AbortSignal;
  readonly onProgress?: (size: number) => void;
};

/**
 * Restores a log, every entry, hash and signature of it verified, as far as the archive goes.
 *
 * Whatever the archive says and gives may come from an attacker: pieces that are not the log's are
 * passed over. Memory: RESTORE_ENTRIES_HELD entries, and the list of pieces.
 * Errors: "storage_failed" where the store has a log, those of target and store, "canceled".
 */
export async function restoreLog(of: RestoreOptions): Promise<Outcome<RestoredLog>> {
  const empty = await of.store.recover();
  if (!empty.ok) return empty;
  if (empty.value.checkpoint !== null || empty.value.journal.length > 0) {
    const text = 'there is a log already where one would be restored';
    return fail(failure('storage_failed', `${text}. Name an empty folder.`));
  }
  const listed = await of.target.list(encodeBase64url(of.log.publicKey), of.signal);
  if (!listed.ok) return listed;
  const byFirst = new Map<number, ListedPiece[]>();
  for (const piece of listed.value) {
    const others = byFirst.get(piece.first);
    if (others === undefined) byFirst.set(piece.first, [piece]);
    else others.push(piece);
  }
  const growing = new GrowingLog(of);
  for (;;) {
    if (of.signal.aborted) return fail(failure('canceled', 'Restoring was canceled.'));
    const grown = await growing.addOneOf(byFirst.get(growing.size) ?? []);
    if (!grown.ok) return grown;
    if (!grown.value) {
      const behind = listed.value.filter(({ first }) => first > growing.size);
      return growing.finish(behind.sort((one, other) => one.first - other.first));
    }
    of.onProgress?.(growing.size);
  }
}

class GrowingLog {
  readonly #of: RestoreOptions;
  readonly #keys = new VerifyingKeys();
  /** What is written. */
  #edge: LogEdge = { frontier: new Frontier(), lastEntries: [] };
  /** The edge behind what is held. */
  #frontier = new Frontier();
  /** Verified, not yet written. */
  #held: HashedEntry[] = [];
  #checkpoint: SignedCheckpoint | null = null;
  #pieceCount = 0;
  #refusedCount = 0;

  constructor(of: RestoreOptions) {
    this.#of = of;
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** Adds the first of these pieces that is the log's; false where none is. */
  async addOneOf(pieces: readonly ListedPiece[]): Promise<Outcome<boolean>> {
    for (const { id } of pieces) {
      const payload = await this.#of.target.read(id, this.#of.signal);
      if (!payload.ok && payload.failure.code !== 'limit_exceeded') return payload;
      const isAdded = payload.ok && payload.value !== null && (await this.#add(payload.value));
      if (!isAdded) {
        this.#refusedCount += 1;
        continue;
      }
      this.#pieceCount += 1;
      const isFull = this.#held.length >= RESTORE_ENTRIES_HELD;
      const written = isFull ? await this.#write() : succeed(undefined);
      return written.ok ? succeed(true) : written;
    }
    return succeed(false);
  }

  /** Writes all, and looks at the pieces behind it for what is missing; these in order. */
  async finish(behind: readonly ListedPiece[]): Promise<Outcome<RestoredLog>> {
    const written = await this.#write();
    if (!written.ok) return written;
    const missing: EntrySpan[] = [];
    let knownSize = this.size;
    for (const { id, first } of behind.slice(0, RESTORE_BEHIND_MAX)) {
      if (first < knownSize) continue;
      const payload = await this.#of.target.read(id, this.#of.signal);
      if (!payload.ok && payload.failure.code !== 'limit_exceeded') return payload;
      const found = payload.ok && payload.value !== null ? await this.#spanOf(payload.value) : null;
      if (found === null || found.first !== first) continue;
      if (first > knownSize) missing.push({ first: knownSize, end: first });
      knownSize = found.end;
    }
    return succeed({
      missing,
      knownSize,
      checkpoint: this.#checkpoint,
      size: this.size,
      pieceCount: this.#pieceCount,
      refusedCount: this.#refusedCount,
    });
  }

  /** Whether a payload goes on with the log; nothing changes where it does not. */
  async #add(payload: Uint8Array): Promise<boolean> {
    const piece = await unpackPiece(payload);
    if (!piece.ok || piece.value.first !== this.size) return false;
    const trusted = await this.#trusted(piece.value);
    if (!trusted.ok) return false;
    const { entries } = piece.value;
    const verified = await Promise.all(entries.map((entry) => verifyEntry(entry, this.#keys)));
    if (!verified.every(({ ok }) => ok)) return false;
    const frontier = this.#frontier.copy();
    const hashed: HashedEntry[] = [];
    for (const entry of entries) {
      const leaf = await leafHash(entry);
      frontier.append(leaf);
      // A copy, so that a piece is not held for its entries.
      hashed.push({ entry: entry.slice(), leaf });
    }
    const { size, root } = trusted.value.checkpoint;
    if (size !== frontier.size || !equalBytes(root, frontier.root())) return false;
    this.#frontier = frontier;
    this.#held.push(...hashed);
    this.#checkpoint = trusted.value.signed;
    return true;
  }

  /** The place of a piece whose end the log signed; null: it did not. */
  async #spanOf(payload: Uint8Array): Promise<EntrySpan | null> {
    const piece = await unpackPiece(payload);
    const trusted = piece.ok ? await this.#trusted(piece.value) : piece;
    if (!piece.ok || !trusted.ok) return null;
    const { first, entries } = piece.value;
    const end = first + entries.length;
    return trusted.value.checkpoint.size === end ? { first, end } : null;
  }

  #trusted({ checkpoint }: ArchivePiece): ReturnType<typeof trustCheckpoint> {
    const logs = [{ key: this.#of.log, url: null }];
    return trustCheckpoint({ logs, witnesses: new Map(), quorum: { kind: 'none' } }, checkpoint);
  }

  async #write(): Promise<Outcome<void>> {
    if (this.#held.length === 0 || this.#checkpoint === null) return succeed(undefined);
    const { files, edge } = advanceEdge(this.#edge, this.#held);
    const published = await this.#of.store.publish(files, this.#checkpoint.bytes);
    if (!published.ok) return published;
    this.#edge = edge;
    this.#held = [];
    return succeed(undefined);
  }
}
