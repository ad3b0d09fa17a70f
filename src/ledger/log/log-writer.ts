// The one writer of a log. An entry goes through these states:
//
//   submitted ── valid, new ──> waiting ── flushed with others ──> kept ── published ──> in the log
//       │                          │
//       └─ refused                 └─ the flush failed: refused, and its anchor is free again
//
// A kept entry has its index for ever. Whoever was told of it finds it in the next checkpoint.
import { assert } from '../../domain/assert.ts';
import { failure, type Failure } from '../../domain/failure.ts';
import type { EntryId } from '../../domain/ids.ts';
import {
  APPEND_BATCH_MAX,
  APPENDS_WAITING_BYTES_MAX,
  APPENDS_WAITING_MAX,
  JOURNAL_ENTRIES_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes, VerifyingKeys } from '../../integrity/index.ts';
import { checkEntry, type CheckedEntry } from '../entries/check-entry.ts';
import { signCheckpoint, type SignedCheckpoint } from '../notes/checkpoint.ts';
import { noteKeyOf, type NoteSigner } from '../notes/note-signing.ts';
import { BUNDLE_BYTES_MAX, decodeBundle } from '../tree/entry-bundle.ts';
import { leafHash } from '../tree/hashes.ts';
import { TILE_WIDTH, tilePath } from '../tree/tile-path.ts';
import { advanceEdge, type HashedEntry } from './log-edge.ts';
import type { LogStore } from './log-store.ts';
import { ownerAndAnchorOf } from './owner-and-anchor.ts';
import { recoverLog, type LogState } from './recover-log.ts';

/** An entry that is durable and has its place. */
export type Appended = {
  readonly id: EntryId;
  readonly index: number;
  readonly leaf: Uint8Array;
  /** False where the same bytes were appended before. */
  readonly isNew: boolean;
};

/**
 * Asked before new entries are kept: what the log itself puts in front of them, such as the time;
 * null for nothing. `kept` is called once it is durable.
 */
export type Preface = () => Promise<{ readonly entry: Uint8Array; kept(): void } | null>;

type PendingEntry = { readonly entry: Uint8Array; readonly place: Promise<Outcome<Place>> };

/** Where an entry came to stand, and whether it was there before. */
type Place = Pick<Appended, 'index' | 'isNew'>;
type Waiting = HashedEntry & { readonly settle: (place: Outcome<Place>) => void };

export class LogWriter {
  readonly #log: NoteSigner;
  readonly #store: LogStore;
  readonly #preface: Preface;
  readonly #keys = new VerifyingKeys();
  readonly #anchors: LogState['anchors'];
  #edge: LogState['edge'];
  #checkpoint: SignedCheckpoint | null;
  /** Kept, not yet published. */
  #kept: HashedEntry[];
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** What waits, by owner and anchor: its bytes, and what becomes of it. */
  readonly #pending = new Map<string, PendingEntry>();
  #turn: Promise<unknown> = Promise.resolve();
  #isFlushAsked = false;
  #broken: Failure | null = null;

  private constructor(
    log: NoteSigner,
    { store, preface, ...state }: LogState & { store: LogStore; preface: Preface },
  ) {
    this.#log = log;
    this.#store = store;
    this.#preface = preface;
    this.#anchors = state.anchors;
    this.#edge = state.edge;
    this.#checkpoint = state.checkpoint;
    this.#kept = [...state.waiting];
  }

  /** Goes on with the log of a store, or begins it. Errors: those of `recoverLog`. */
  static async open(
    log: NoteSigner,
    store: LogStore,
    preface: Preface = () => Promise.resolve(null),
  ): Promise<Outcome<LogWriter>> {
    const state = await recoverLog(store, noteKeyOf(log));
    return state.ok ? succeed(new LogWriter(log, { ...state.value, store, preface })) : state;
  }

  /** What was published last; null before the first time. */
  get checkpoint(): SignedCheckpoint | null {
    return this.#checkpoint;
  }

  /** Entries that have their place: those published and those kept behind them. */
  get size(): number {
    return this.#edge.frontier.size + this.#kept.length;
  }

  /**
   * The entries from an index on, to another or the end of their bundle: at least one of them.
   *
   * Asserts that there are some. Errors: "storage_failed".
   */
  async entries(from: number, to: number): Promise<Outcome<readonly Uint8Array[]>> {
    assert(from >= 0 && from < to && to <= this.size, `entries ${from} to ${to} of ${this.size}`);
    const found = await this.#entriesFrom(from);
    return found.ok ? succeed(found.value.slice(0, to - from)) : found;
  }

  /**
   * Appends an entry; succeeds when it is durable, together with others that came meanwhile.
   *
   * The bytes may come from an attacker. The same bytes again give the same place.
   * Limits: APPENDS_WAITING_MAX, APPENDS_WAITING_BYTES_MAX.
   * Errors: "queue_full", "entry_duplicate" for other bytes under an anchor used before, those of
   * `verifyEntry` and of the store.
   */
  async append(bytes: Uint8Array): Promise<Outcome<Appended>> {
    if (this.#broken !== null) return fail(this.#broken);
    const checked = await checkEntry(bytes, this.#keys);
    return checked.ok ? this.appendChecked(checked.value) : checked;
  }

  /** Appends what was verified before, perhaps by another thread. As `append`. */
  async appendChecked({ bytes: entry, id, leaf }: CheckedEntry): Promise<Outcome<Appended>> {
    if (this.#broken !== null) return fail(this.#broken);
    // From here to the queue nothing waits: of two that come at once, the second finds the first.
    const key = keyOf(entry);
    const pending = this.#pending.get(key);
    if (pending !== undefined && !equalBytes(pending.entry, entry)) return duplicate(null);
    const place = await (pending?.place ?? this.#enqueue(key, { entry, leaf }));
    if (!place.ok) return place;
    const isNew = place.value.isNew && pending === undefined;
    return succeed({ id, leaf, index: place.value.index, isNew });
  }

  /**
   * Publishes what was kept as tiles and a checkpoint, which it returns; the last one again where
   * there is nothing new. Errors: those of the store; calling again is harmless.
   */
  publish(): Promise<Outcome<SignedCheckpoint>> {
    return this.#inTurn(() => this.#publish());
  }

  /** Lets what waits be flushed, and closes the store. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#flush());
    await this.#store.close();
  }

  #enqueue(key: string, hashed: HashedEntry): Promise<Outcome<Place>> {
    const { entry } = hashed;
    const isFull =
      this.#waiting.length >= APPENDS_WAITING_MAX ||
      this.#waitingBytes + entry.byteLength > APPENDS_WAITING_BYTES_MAX;
    if (isFull) return Promise.resolve(queueFull());
    const place = new Promise<Outcome<Place>>((resolve) => {
      const settle = (outcome: Outcome<Place>): void => {
        this.#pending.delete(key);
        resolve(outcome);
      };
      this.#waiting.push({ ...hashed, settle });
    });
    this.#pending.set(key, { entry, place });
    this.#waitingBytes += entry.byteLength;
    if (!this.#isFlushAsked) {
      this.#isFlushAsked = true;
      void this.#inTurn(() => this.#flush());
    }
    return place;
  }

  async #flush(): Promise<void> {
    this.#isFlushAsked = false;
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, APPEND_BATCH_MAX);
      for (const { entry } of taken) this.#waitingBytes -= entry.byteLength;
      const batch: Waiting[] = [];
      for (const one of taken) {
        const known = await this.#placeOf(one.entry);
        if (known === null) batch.push(one);
        else one.settle(known);
      }
      if (batch.length > 0) await this.#settleKept([...(await this.#prefaced()), ...batch]);
    }
  }

  async #prefaced(): Promise<readonly Waiting[]> {
    const preface = await this.#preface();
    if (preface === null) return [];
    const settle = (place: Outcome<Place>): void => {
      if (place.ok) preface.kept();
    };
    return [{ entry: preface.entry, leaf: await leafHash(preface.entry), settle }];
  }

  async #settleKept(batch: readonly Waiting[]): Promise<void> {
    const kept = await this.#keep(batch);
    const first = this.size;
    for (const [at, { entry, leaf, settle }] of batch.entries()) {
      if (kept.ok) {
        const { owner, anchor } = ownerAndAnchorOf(entry);
        this.#anchors.add(owner, anchor, first + at);
        this.#kept.push({ entry, leaf });
      }
      settle(kept.ok ? succeed({ index: first + at, isNew: true }) : kept);
    }
  }

  /** Where an entry stands already; null where its owner did not use its anchor before. */
  async #placeOf(entry: Uint8Array): Promise<Outcome<Place> | null> {
    const { owner, anchor } = ownerAndAnchorOf(entry);
    for (const index of this.#anchors.find(owner, anchor)) {
      const other = await this.#entryAt(index);
      if (!other.ok) return other;
      const there = ownerAndAnchorOf(other.value);
      if (!equalBytes(there.owner, owner) || !equalBytes(there.anchor, anchor)) continue;
      const isSame = equalBytes(other.value, entry);
      return isSame ? succeed({ index, isNew: false }) : duplicate(index);
    }
    return null;
  }

  async #keep(batch: readonly HashedEntry[]): Promise<Outcome<void>> {
    if (this.#broken !== null) return fail(this.#broken);
    if (this.#kept.length >= JOURNAL_ENTRIES_MAX) {
      const published = await this.#publish();
      if (!published.ok) return published;
    }
    const first = this.size;
    const kept = await this.#store.keep(
      batch.map(({ entry }, at) => ({ index: first + at, entry })),
    );
    if (!kept.ok && kept.failure.code !== 'storage_full') this.#broken = kept.failure;
    return kept;
  }

  async #publish(): Promise<Outcome<SignedCheckpoint>> {
    if (this.#broken !== null) return fail(this.#broken);
    if (this.#kept.length === 0 && this.#checkpoint !== null) return succeed(this.#checkpoint);
    const { files, edge } = advanceEdge(this.#edge, this.#kept);
    const { frontier } = edge;
    const signed = await signCheckpoint(this.#log, { size: frontier.size, root: frontier.root() });
    const published = await this.#store.publish(files, signed.bytes);
    if (!published.ok) return published;
    this.#edge = edge;
    this.#kept = [];
    this.#checkpoint = signed;
    return succeed(signed);
  }

  async #entryAt(index: number): Promise<Outcome<Uint8Array>> {
    const found = await this.#entriesFrom(index);
    if (!found.ok) return found;
    const [entry] = found.value;
    assert(entry !== undefined, 'at least one entry');
    return succeed(entry);
  }

  /** The entries from an index on that lie together with it: at least one. */
  async #entriesFrom(index: number): Promise<Outcome<readonly Uint8Array[]>> {
    const published = this.#edge.frontier.size;
    if (index >= published) {
      const kept = this.#kept.slice(index - published, index - published + TILE_WIDTH);
      return succeed(kept.map(({ entry }) => entry));
    }
    const tile = Math.floor(index / TILE_WIDTH);
    if (tile === Math.floor(published / TILE_WIDTH)) {
      return succeed(this.#edge.lastEntries.slice(index % TILE_WIDTH));
    }
    const path = tilePath({ level: 'entries', index: tile, width: TILE_WIDTH });
    const bundle = await this.#store.read(path, BUNDLE_BYTES_MAX);
    if (!bundle.ok) return bundle;
    const entries = decodeBundle(bundle.value)?.slice(index % TILE_WIDTH) ?? [];
    return entries.length === 0
      ? fail(failure('storage_failed', `${path} is broken. Restore it.`))
      : succeed(entries);
  }

  /** One change of the log after the other. */
  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#turn.then(change);
    this.#turn = changed.catch(() => null);
    return changed;
  }
}

function keyOf(entry: Uint8Array): string {
  const { owner, anchor } = ownerAndAnchorOf(entry);
  return String.fromCharCode(...owner, ...anchor);
}

function duplicate(index: number | null): Outcome<never> {
  const where = index === null ? 'waits to be written' : `is entry ${index}`;
  const text = `another entry of this owner with this anchor ${where}`;
  return fail(failure('entry_duplicate', `${text}. Choose a new anchor.`));
}

function queueFull(): Outcome<never> {
  const text = `${APPENDS_WAITING_MAX} entries, or as many bytes as may, wait to be written`;
  return fail(failure('queue_full', `${text}. Try again in a moment.`, 1_000));
}
