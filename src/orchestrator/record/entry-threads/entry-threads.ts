// Threads that verify strangers' entries and sign promises, so that the event loop does neither.
//
//   waiting -> in a batch of a thread -> done
//                 |-> the thread dies or takes too long -> its entries are refused as "unavailable",
//                     its promises, which are owed, are signed by the event loop
//
// Not the threads that check results: one of those may be busy for minutes, and nobody waits for it.
import { Worker } from 'node:worker_threads';
import { assert } from '../../../domain/assert.ts';
import { failure } from '../../../domain/failure.ts';
import {
  ENTRIES_CHECKING_MAX,
  ENTRY_BATCH_MS_MAX,
  ENTRY_BATCHES_AHEAD,
  ENTRY_BYTES_MAX,
  ENTRY_THREAD_RESTART_MS,
} from '../../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import { messageSignerOf, type SigningKey } from '../../../integrity/index.ts';
import { decodeEntry, signPromise, type NoteSigner } from '../../../ledger/index.ts';
import type { Logger } from '../../logger.ts';
import type { Platform } from '../../platform.ts';
import { joinBytes, splitBytes, type FromEntryThread, type ToEntryThread } from './entry-batch.ts';
import { EntryQueue, type Batch, type Signing } from './entry-queue.ts';
import type { EntryWork, Promised } from './entry-work.ts';

export type EntryThreadsOptions = {
  readonly threads: number;
  /** Name of the log, and its key. */
  readonly name: string;
  readonly key: SigningKey;
  /** The threads' entry. */
  readonly entry: URL;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'after' | 'soon'>;
  /** Until a thread must have done a batch. */
  readonly batchMs?: number;
};

type Seat = {
  worker: Worker | null;
  /** In flight, by id. */
  readonly batches: Map<number, Batch>;
  cancelDeadline: () => void;
  isResting: boolean;
};

/** What one batch leaves behind is garbage: with room for that of many, few are interrupted for it. */
const HEAP = { maxYoungGenerationSizeMb: 96 };

/** Starts no thread before the first entry. */
export function entryThreads(options: EntryThreadsOptions): EntryWork {
  const { name, key, logger, platform, batchMs = ENTRY_BATCH_MS_MAX } = options;
  const log: NoteSigner = { name, signer: messageSignerOf(key) };
  const seats = Array.from({ length: options.threads }, (): Seat => {
    return { worker: null, batches: new Map(), cancelDeadline: () => {}, isResting: false };
  });
  const queue = new EntryQueue();
  let batches = 0;
  let isFillAsked = false;
  let isSigning = false;
  let isClosed = false;

  /** In a moment: what comes in one turn of the event loop goes together. */
  const fillSoon = (): void => {
    if (isFillAsked) return;
    isFillAsked = true;
    platform.soon(() => {
      isFillAsked = false;
      fill();
    });
  };

  const fill = (): void => {
    // One batch for each thread before the second for any.
    for (let ahead = 0; ahead < ENTRY_BATCHES_AHEAD; ahead++) {
      for (const seat of seats) {
        if (queue.isEmpty || isClosed) return;
        if (!seat.isResting && seat.batches.size <= ahead) give(seat, queue.take());
      }
    }
  };

  const give = (seat: Seat, batch: Batch): void => {
    const worker = (seat.worker ??= startWorker(seat));
    batches += 1;
    const { checks, signings } = batch;
    const entries = joinBytes(checks.map(({ entry }) => entry));
    const leaves = joinBytes(signings.map(({ about }) => about.leaf));
    const promises = signings.map(({ about: { entry, index, byMs } }) => ({ entry, index, byMs }));
    seat.batches.set(batches, batch);
    if (seat.batches.size === 1) watch(seat);
    const moved = [entries.bytes.buffer, leaves.bytes.buffer];
    post(worker, { kind: 'batch', id: batches, entries, promises, leaves }, moved);
  };

  const watch = (seat: Seat): void => {
    seat.cancelDeadline();
    if (seat.batches.size === 0) return;
    seat.cancelDeadline = platform.after(batchMs, () => void seat.worker?.terminate());
  };

  const startWorker = (seat: Seat): Worker => {
    const worker = new Worker(options.entry, { execArgv: [], resourceLimits: HEAP });
    // It keeps no process alive that has nothing else to do.
    worker.unref();
    let cause = 'it took too long, or the process ran out of memory';
    worker.on('error', (error) => (cause = String(error)));
    worker.on('message', (message: FromEntryThread) => {
      const batch = seat.batches.get(message.id);
      assert(batch !== undefined, 'an answer to a batch that was given');
      seat.batches.delete(message.id);
      watch(seat);
      fill();
      settle(batch, message);
    });
    worker.on('exit', () => {
      seat.worker = null;
      const lost = [...seat.batches.values()];
      seat.batches.clear();
      watch(seat);
      for (const batch of lost) lose(batch, threadGone());
      if (isClosed) return;
      logger.warn('a thread of entries died and is replaced', { cause });
      seat.isResting = true;
      platform.after(ENTRY_THREAD_RESTART_MS, () => {
        seat.isResting = false;
        fill();
      });
    });
    post(worker, { kind: 'begin', log: { name, key } }, []);
    return worker;
  };

  const lose = ({ checks, signings }: Batch, why: Outcome<never>): void => {
    for (const { settle: refuse } of checks) refuse(why);
    for (const signing of signings) void signHere(signing);
  };

  const signHere = async ({ about, settle: tell }: Signing): Promise<void> => {
    tell(await signPromise(log, about));
  };

  const signAlone = async (about: Promised): Promise<Uint8Array> => {
    isSigning = true;
    const promise = await signPromise(log, about);
    isSigning = false;
    return promise;
  };

  return {
    check(entry) {
      if (isClosed) return Promise.resolve(threadGone());
      const isTooLarge = entry.byteLength > ENTRY_BYTES_MAX;
      // Says why; nothing of that size waits.
      const refused = isTooLarge ? decodeEntry(entry) : null;
      if (refused !== null && !refused.ok) return Promise.resolve(refused);
      return new Promise((resolve) => {
        if (!queue.addCheck({ entry, settle: resolve })) return resolve(queueFull());
        fillSoon();
      });
    },
    promise(about) {
      if (isClosed) return signPromise(log, about);
      // A lone caller has it sooner than by way of a thread.
      const isBusy = isSigning || !queue.isEmpty || seats.some((seat) => seat.batches.size > 0);
      if (!isBusy) return signAlone(about);
      return new Promise((resolve) => {
        queue.addSigning({ about, settle: resolve });
        fillSoon();
      });
    },
    async close() {
      isClosed = true;
      while (!queue.isEmpty) lose(queue.take(), threadGone());
      await Promise.all(seats.map(({ worker }) => worker?.terminate()));
    },
  };
}

/** Gives each of a batch what the thread found. */
function settle({ checks, signings }: Batch, answer: FromEntryThread): void {
  const promises = splitBytes(answer.promises);
  for (const [at, { settle: tell }] of signings.entries()) {
    const promise = promises[at];
    assert(promise !== undefined, 'an answer to each promise');
    tell(promise);
  }
  const [entries, leaves] = [splitBytes(answer.entries), splitBytes(answer.leaves)];
  for (const [at, { settle: tell }] of checks.entries()) {
    const [bytes, leaf, id] = [entries[at], leaves[at], answer.checked[at]];
    assert(
      bytes !== undefined && leaf !== undefined && id !== undefined,
      'an answer to each entry',
    );
    tell(typeof id === 'string' ? succeed({ bytes, leaf, id }) : fail(id));
  }
}

function post(worker: Worker, message: ToEntryThread, moved: ArrayBuffer[]): void {
  worker.postMessage(message, moved);
}

function threadGone(): Outcome<never> {
  const text = 'the thread that verifies entries ended, and is started again';
  return fail(failure('unavailable', `${text}. Try again in a moment.`, ENTRY_THREAD_RESTART_MS));
}

function queueFull(): Outcome<never> {
  const text = `${ENTRIES_CHECKING_MAX} entries, or as many bytes as may, wait to be verified`;
  return fail(failure('queue_full', `${text}. Try again in a moment.`, 1_000));
}
