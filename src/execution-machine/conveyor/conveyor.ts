// The conveyor: brings a log, piece by piece, to where it outlives its orchestrator.
//
//   in the log ── enough, or old enough, and published ──> packed (durable, has its id)
//   packed ── posted ──> posted ── the archive gives the very bytes ──> confirmed
//      ^                   │  gives others, or nothing yet: asked again
//      │                   └─ unknown there for ARCHIVE_LOST_MS: posted again, the same bytes
//      └── refused: told, and tried again after longer and longer waits, while later ones go on
//
// After a restart it is not known whether a packed piece was posted: the archive is asked first. So
// nothing is left out, and nothing is there twice. Any other failure is tried again, for ever,
// with longer and longer waits, and all wait for it; what it was is in the state.
import { failure, type Failure } from '../../domain/failure.ts';
import {
  ARCHIVE_CONFIRM_MS,
  ARCHIVE_DUE_ENTRIES,
  ARCHIVE_LOST_MS,
  ARCHIVE_QUEUE_MAX,
  ARCHIVE_REFUSED_MS_MAX,
  ARCHIVE_RETRY_MS_MAX,
  ARCHIVE_RETRY_MS_MIN,
  ARCHIVE_TAIL_MS,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { equalBytes, type MessageSigner } from '../../integrity/index.ts';
import { LogTree, type SignedCheckpoint } from '../../ledger/index.ts';
import type { ArchiveItem } from './archive-piece.ts';
import type { ArchiveTarget } from './archive-target.ts';
import type { ConveyorClock, ConveyorOptions, ConveyorState } from './conveyor-state.ts';
import type { ConveyorStore } from './conveyor-store.ts';
import { packFrom, type ArchivedLog } from './pack-from.ts';

type Piece = {
  readonly item: ArchiveItem;
  /** "unsure": packed before a restart, perhaps posted. */
  step: 'unsure' | 'packed' | 'posted';
  postedAtMs: number;
  dueAtMs: number;
  /** Why the archive refused it the last time, and how often it did; null: it did not. */
  refusal: { readonly failure: Failure; readonly count: number } | null;
};

// Of setTimeout, above which it fires at once.
const TIMER_MS_MAX = 2 ** 31 - 1;

export class Conveyor {
  readonly #log: ArchivedLog;
  readonly #target: ArchiveTarget;
  readonly #store: ConveyorStore;
  readonly #signer: MessageSigner;
  readonly #clock: ConveyorClock;
  readonly #queue: Piece[];
  #confirmedSize: number;
  #confirmedAtMs: number;
  #latest: SignedCheckpoint | null = null;
  /** Since when entries wait that are not enough. */
  #tailSinceMs: number | null = null;
  #failure: Failure | null = null;
  #failedCount = 0;
  #retryAtMs = 0;
  /** Whether a checkpoint came that was not looked at. */
  #isOffered = false;
  #wake: () => void = () => {};

  private constructor(
    of: ConveyorOptions,
    kept: { readonly size: number; readonly atMs: number; readonly queue: Piece[] },
  ) {
    this.#log = of.log;
    this.#target = of.target;
    this.#store = of.store;
    this.#signer = of.signer;
    this.#clock = of.clock;
    this.#confirmedSize = kept.size;
    this.#confirmedAtMs = kept.atMs;
    this.#queue = kept.queue;
  }

  /** Goes on with the queue of a store. Errors: those of the store. */
  static async open(of: ConveyorOptions): Promise<Outcome<Conveyor>> {
    const kept = await of.store.load();
    if (!kept.ok) return kept;
    const { confirmedSize: size, confirmedAtMs: atMs, items } = kept.value;
    const queue = items.map(({ item, postedAtMs }): Piece => {
      const step = postedAtMs === null ? 'unsure' : 'posted';
      return { item, step, postedAtMs: postedAtMs ?? 0, dueAtMs: 0, refusal: null };
    });
    return succeed(new Conveyor(of, { size, atMs, queue }));
  }

  state(): ConveyorState {
    const lastPosted = this.#queue.findLast(({ step }) => step === 'posted');
    // After a restart it is known which, before the archive says it again.
    const isLacking = ({ item, refusal }: Piece): boolean =>
      refusal !== null || item.first < this.#confirmedSize;
    const refused = this.#queue.filter(isLacking);
    const refusal = refused.find((one) => one.refusal !== null)?.refusal?.failure ?? null;
    const refusedAtMs = refused.length === 0 ? 0 : Math.min(...refused.map((one) => one.dueAtMs));
    return {
      target: this.#target.name,
      confirmedSize: this.#confirmedSize,
      postedSize: Math.max(lastPosted?.item.end ?? 0, this.#confirmedSize),
      refused: refused.map(({ item: { first, end } }) => ({ first, end })),
      confirmedAtMs: this.#confirmedAtMs,
      failure: this.#failure ?? refusal,
      retryAtMs: this.#failure === null ? refusedAtMs : this.#retryAtMs,
      dueAtMs: this.#tailSinceMs === null ? 0 : this.#tailSinceMs + ARCHIVE_TAIL_MS,
    };
  }

  /** Tells of a checkpoint that was published, or cosigned. */
  offer(checkpoint: SignedCheckpoint): void {
    this.#latest = checkpoint;
    this.#isOffered = true;
    this.#wake();
  }

  /** Works until the signal. One call at a time. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const worked = await this.#step(signal);
      if (signal.aborted) return;
      if (!worked.ok) this.#failed(worked.failure);
      const waitMs = this.#nextAtMs() - this.#clock.nowMs();
      if (waitMs > 0) await this.#rest(waitMs, signal);
    }
  }

  /** Does one thing that is due, if anything is. */
  async #step(signal: AbortSignal): Promise<Outcome<void>> {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#retryAtMs) return succeed(undefined);
    const packed = await this.#pack();
    if (!packed.ok) return packed;
    const piece = this.#queue
      .filter(({ dueAtMs }) => dueAtMs <= nowMs)
      .reduce<Piece | null>(
        (one, other) => (one && one.dueAtMs <= other.dueAtMs ? one : other),
        null,
      );
    if (piece === null) return succeed(undefined);
    const done = await this.#advance(piece, signal);
    if (done.ok && done.value === 'answered') {
      this.#failure = null;
      this.#failedCount = 0;
      this.#retryAtMs = 0;
    }
    return done.ok ? succeed(undefined) : done;
  }

  async #advance(piece: Piece, signal: AbortSignal): Promise<Outcome<'answered' | 'waits'>> {
    const { item } = piece;
    if (piece.step === 'packed') {
      const posted = await this.#target.post(item, signal);
      if (posted.ok) return this.#notePosted(piece);
      if (posted.failure.code !== 'input_invalid') return posted;
      this.#noteRefused(piece, posted.failure);
      return succeed('answered');
    }
    // In order, so that "confirmed" is one number.
    if (piece.step === 'posted' && this.#firstWaiting() !== piece) {
      piece.dueAtMs = this.#clock.nowMs() + ARCHIVE_CONFIRM_MS;
      return succeed('waits');
    }
    const state = await this.#target.stateOf(item.id, signal);
    if (!state.ok) return state;
    const nowMs = this.#clock.nowMs();
    if (state.value === 'unknown') {
      const isLost = piece.step === 'unsure' || nowMs - piece.postedAtMs >= ARCHIVE_LOST_MS;
      if (isLost) piece.step = 'packed';
      piece.dueAtMs = isLost ? 0 : nowMs + ARCHIVE_CONFIRM_MS;
      return succeed('answered');
    }
    if (piece.step === 'unsure') return this.#notePosted(piece);
    if (state.value === 'pending') {
      piece.dueAtMs = nowMs + ARCHIVE_CONFIRM_MS;
      return succeed('answered');
    }
    return this.#confirm(piece, signal);
  }

  async #notePosted(piece: Piece): Promise<Outcome<'answered'>> {
    const nowMs = this.#clock.nowMs();
    const noted = await this.#store.posted(piece.item.first, nowMs);
    if (!noted.ok) return noted;
    piece.step = 'posted';
    piece.postedAtMs = nowMs;
    piece.dueAtMs = 0;
    piece.refusal = null;
    return succeed('answered');
  }

  /** It is asked for again before it is posted again: perhaps it is there all the same. */
  #noteRefused(piece: Piece, why: Failure): void {
    const count = (piece.refusal?.count ?? 0) + 1;
    const waitMs = Math.min(ARCHIVE_REFUSED_MS_MAX, ARCHIVE_RETRY_MS_MAX * 2 ** (count - 1));
    piece.refusal = { failure: why, count };
    piece.step = 'unsure';
    piece.dueAtMs = this.#clock.nowMs() + Math.max(waitMs, why.retryAfterMs ?? 0);
  }

  /** The first piece that is to be confirmed; those that are refused wait beside the others. */
  #firstWaiting(): Piece | undefined {
    return this.#queue.find(({ refusal }) => refusal === null);
  }

  /** Reads a piece back. The archive may lie: nothing but the very bytes confirms it. */
  async #confirm(piece: Piece, signal: AbortSignal): Promise<Outcome<'answered'>> {
    const { item } = piece;
    const read = await this.#target.read(item.id, signal);
    if (!read.ok) return read;
    if (read.value === null) {
      piece.dueAtMs = this.#clock.nowMs() + ARCHIVE_CONFIRM_MS;
      return succeed('answered');
    }
    if (!equalBytes(read.value, item.payload)) {
      const text = `the archive gives other bytes for ${item.id} than were posted`;
      return fail(
        failure('bytes_mismatch', `${text}. Choose another archive, or another gateway.`),
      );
    }
    const nowMs = this.#clock.nowMs();
    const confirmed = await this.#store.confirmed(item, nowMs);
    if (!confirmed.ok) return confirmed;
    this.#queue.splice(this.#queue.indexOf(piece), 1);
    this.#confirmedSize = Math.max(this.#confirmedSize, item.end);
    this.#confirmedAtMs = nowMs;
    const next = this.#firstWaiting();
    if (next?.step === 'posted') next.dueAtMs = 0;
    return succeed('answered');
  }

  /** Packs what is published and due, as far as the queue has room. */
  async #pack(): Promise<Outcome<void>> {
    this.#isOffered = false;
    const signed = this.#latest;
    if (signed === null || this.#queue.length >= ARCHIVE_QUEUE_MAX) return succeed(undefined);
    const { size } = signed.checkpoint;
    const from = Math.max(this.#queue.at(-1)?.item.end ?? 0, this.#confirmedSize);
    if (!this.#isDue(size - from)) return succeed(undefined);
    // Read against the root that was signed: what a disk broke is not archived.
    const tree = await LogTree.open(this.#log.files, signed.checkpoint);
    if (!tree.ok) return tree;
    const [log, signer] = [this.#log, this.#signer];
    const items: ArchiveItem[] = [];
    for (let first = from; first < size && this.#queue.length + items.length < ARCHIVE_QUEUE_MAX;) {
      const item = await packFrom(first, { log, signer, tree: tree.value, signed });
      if (!item.ok) return item;
      items.push(item.value);
      first = item.value.end;
    }
    const added = await this.#store.add(items);
    if (!added.ok) return added;
    this.#tailSinceMs = null;
    this.#queue.push(
      ...items.map((item): Piece => {
        return { item, step: 'packed', postedAtMs: 0, dueAtMs: 0, refusal: null };
      }),
    );
    return succeed(undefined);
  }

  #isDue(count: number): boolean {
    if (count <= 0) return false;
    const nowMs = this.#clock.nowMs();
    this.#tailSinceMs ??= nowMs;
    return count >= ARCHIVE_DUE_ENTRIES || nowMs - this.#tailSinceMs >= ARCHIVE_TAIL_MS;
  }

  #failed(cause: Failure): void {
    // A quota does not pass by itself: it is not asked for often.
    const isPatient = cause.code === 'storage_full' || cause.code === 'input_invalid';
    const backoffMs = isPatient
      ? ARCHIVE_RETRY_MS_MAX
      : Math.min(ARCHIVE_RETRY_MS_MAX, ARCHIVE_RETRY_MS_MIN * 2 ** this.#failedCount);
    this.#failure = cause;
    this.#failedCount += 1;
    this.#retryAtMs = this.#clock.nowMs() + Math.max(backoffMs, cause.retryAfterMs ?? 0);
  }

  /** When there will be something to do, as far as is known. Unix time in ms. */
  #nextAtMs(): number {
    if (this.#isOffered) return this.#retryAtMs;
    const tailAtMs = this.#tailSinceMs === null ? Infinity : this.#tailSinceMs + ARCHIVE_TAIL_MS;
    const hasRoom = this.#queue.length < ARCHIVE_QUEUE_MAX;
    const nextAtMs = Math.min(
      hasRoom ? tailAtMs : Infinity,
      ...this.#queue.map((one) => one.dueAtMs),
    );
    return Math.max(nextAtMs, this.#retryAtMs);
  }

  /** Waits until something is due, or a checkpoint comes. */
  async #rest(waitMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const boundedMs = Math.min(waitMs, TIMER_MS_MAX);
    await this.#clock.wait(boundedMs, AbortSignal.any([signal, woken.signal]));
    this.#wake = () => {};
  }
}
