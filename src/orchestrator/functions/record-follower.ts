// A thread of functions that follows the record, whatever becomes of it.
//
//   starting -> (folding -> level)* -> gone, by a deadline or a bug -> starting, from the snapshot
import { failure, type Failure } from '../../domain/failure.ts';
import { FUNCTIONS_RESTART_MS } from '../../domain/limits.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import { equalBytes } from '../../integrity/index.ts';
import { sha256 } from '../../ledger/hashing.ts';
import { encodeBundle } from '../../ledger/index.ts';
import type { Logger } from '../logger.ts';
import { pause, type Platform } from '../platform.ts';
import type { NetworkRecord } from '../record/network-record.ts';
import { startFunctionsThread, type FunctionsClient } from './functions-client.ts';
import type { Begun, Folded, FunctionsMethod, FunctionsThread } from './functions-message.ts';

/** Functions as of as much of the record as was folded. */
export type RecordFollower = {
  /** Entries that are folded. */
  size(): number;
  /** Settles once so many entries are folded, or after so long. */
  reached(size: number, withinMs: number): Promise<boolean>;
  /** Asks one thing after the other. Errors: "unavailable" | "timeout", as of the thread. */
  ask<Method extends FunctionsMethod>(
    of: { readonly method: Method; readonly withinMs?: number },
    ...args: Parameters<FunctionsThread[Method]>
  ): Promise<Outcome<Awaited<ReturnType<FunctionsThread[Method]>>>>;
  close(): Promise<void>;
};

export type FollowerOptions = {
  readonly record: Pick<NetworkRecord, 'logKey' | 'size' | 'entries' | 'onGrown'>;
  /** Where snapshots are. */
  readonly folder: string;
  readonly isKeeper: boolean;
  /** The thread's entry. */
  readonly entry: URL;
  readonly logger: Logger;
  readonly platform: Pick<Platform, 'after'>;
  readonly onFolded?: (folded: Folded) => void;
};

/** Starts to follow; the first answers come when a thread has begun. */
export function followRecord(options: FollowerOptions): RecordFollower {
  const { record, logger, platform, entry } = options;
  let client: FunctionsClient | null = null;
  let size = 0;
  let isClosed = false;
  let isFolding = false;
  let turn: Promise<unknown> = Promise.resolve();
  const waiting = new Set<{ readonly size: number; readonly settle: (isThere: boolean) => void }>();

  const ask: RecordFollower['ask'] = (of, ...args) => {
    const asked = turn.then(() => client?.call(of, ...args) ?? fail(notStarted()));
    turn = asked;
    return asked;
  };

  const reachedNow = (): void => {
    for (const one of waiting) if (one.size <= size) one.settle(true);
  };

  const advanced = (folded: Folded): void => {
    ({ size } = folded);
    reachedNow();
    options.onFolded?.(folded);
  };

  /** Folds until it is level; ends where a call fails, since a new thread then begins. */
  const fold = async (): Promise<void> => {
    if (isFolding || client === null) return;
    isFolding = true;
    const mine = client;
    const hasMore = (): boolean => !isClosed && client === mine && size < record.size();
    while (hasMore()) {
      const entries = await record.entries(size, record.size());
      if (!entries.ok) {
        logger.error(`functions wait for the record: ${entries.failure.message}`);
        await pause(platform, FUNCTIONS_RESTART_MS);
        continue;
      }
      const folded = await ask({ method: 'fold' }, encodeBundle(entries.value));
      if (!folded.ok || client !== mine) break;
      const { difference } = folded.value;
      if (difference !== null) sayDifference(difference);
      if (difference !== null && isFromSnapshot) await startAnew();
      else advanced(folded.value);
    }
    isFolding = false;
    // A new thread may have begun meanwhile.
    if (client !== mine) void fold();
  };

  /** A state that came from a snapshot is folded anew; one that did not is what the log says. */
  let isFromSnapshot = false;
  const sayDifference = (of: NonNullable<Folded['difference']>): void => {
    const text = `the state after entry ${of.index} is not what entry ${of.claimedBy} claims`;
    logger.error(isFromSnapshot ? `${text}; the log is folded from its beginning` : text);
  };
  const startAnew = async (): Promise<void> => {
    isFromSnapshot = false;
    size = 0;
    await ask({ method: 'reset' });
  };

  const start = async (): Promise<void> => {
    const started = startFunctionsThread(entry);
    const { folder, isKeeper } = options;
    const begun = await started.call(
      { method: 'begin' },
      { folder, logKey: record.logKey, isKeeper },
    );
    if (isClosed) return started.close();
    client = started;
    if (begun.ok) {
      if (begun.value.flaw !== null) logger.warn(begun.value.flaw);
      ({ size } = begun.value);
      isFromSnapshot = size > 0;
      if (!(await isOfRecord(record, begun.value))) {
        logger.warn('the snapshot of the functions is of another record, and not used');
        await startAnew();
      }
      // A snapshot may be level already, and then nothing is folded.
      reachedNow();
      void fold();
    }
    const cause = await started.gone;
    if (client === started) {
      client = null;
      size = 0;
    }
    if (isClosed) return;
    logger.warn('a thread of functions ended and is replaced', { cause });
    await pause(platform, FUNCTIONS_RESTART_MS);
    if (!isClosed) void start();
  };

  record.onGrown(() => void fold());
  void start();

  return {
    size: () => size,
    reached(wanted, withinMs) {
      if (size >= wanted) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settle = (isThere: boolean): void => {
          cancel();
          waiting.delete(one);
          resolve(isThere);
        };
        const one = { size: wanted, settle };
        const cancel = platform.after(withinMs, () => settle(false));
        waiting.add(one);
      });
    },
    ask,
    async close() {
      isClosed = true;
      for (const one of waiting) one.settle(false);
      if (client !== null && options.isKeeper) await ask({ method: 'keep' });
      await client?.close();
    },
  };
}

/** Whether what a snapshot covers is what this record begins with. */
async function isOfRecord(
  record: FollowerOptions['record'],
  { size, lastEntry }: Begun,
): Promise<boolean> {
  if (size === 0) return true;
  if (size > record.size() || lastEntry === null) return false;
  const entries = await record.entries(size - 1, size);
  const [last] = entries.ok ? entries.value : [];
  if (last === undefined) return false;
  return equalBytes(sha256(last), lastEntry);
}

function notStarted(): Failure {
  const text = 'the functions are being read from the record';
  return failure('unavailable', `${text}. Try again in a moment.`, FUNCTIONS_RESTART_MS);
}
