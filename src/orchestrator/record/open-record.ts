// The record in a data folder:
//
//   <data>/record-key.pem   signs checkpoints, promises and the record's own entries
//   <data>/record/          the log: see folder-log-store.ts
import { join } from 'node:path';
import { assert } from '../../domain/assert.ts';
import { PROMISE_MS, RECORD_TIME_MS } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { freshAnchor, timeDraft } from '../../execution-machine/index.ts';
import { messageSignerOf } from '../../integrity/index.ts';
import {
  CHECKPOINT_PATH,
  formatNote,
  LogWriter,
  noteKeyOf,
  ownEntry,
  parseCheckpoint,
  signEntry,
  type Appended,
  type CheckedEntry,
  type LogStore,
  type NoteSigner,
  type Preface,
  type SignedCheckpoint,
  type TileReader,
} from '../../ledger/index.ts';
import { openFolderLogStore } from '../../ledger/node.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { entryThreads } from './entry-threads/entry-threads.ts';
import { entryWorkHere, type EntryWork } from './entry-threads/entry-work.ts';
import type { NetworkRecord, Submitted } from './network-record.ts';
import { openRecordKey } from './record-key.ts';

export type RecordOptions = {
  /** The data folder. */
  readonly folder: string;
  /** Name of the log; null: made of its key. */
  readonly name: string | null;
  readonly publishEveryMs: number;
  /** Threads that verify entries and sign promises; 0: the platform's cryptography does. */
  readonly threads: number;
  readonly logger: Logger;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly platform: Pick<Platform, 'after' | 'soon'>;
};

/** Characters of the key in the name that is made of it. */
const NAME_CHARS = 12;

/**
 * Goes on with the record of a data folder, or begins it, and publishes what is new from then on.
 *
 * Errors: "key_unusable", and those of `openFolderLogStore` and `LogWriter.open`.
 */
export async function openRecord(options: RecordOptions): Promise<Outcome<NetworkRecord>> {
  const { folder, name, threads, now } = options;
  const key = await openRecordKey(folder);
  if (!key.ok) return key;
  const origin = name ?? `manyhands-${key.value.agent.slice(0, NAME_CHARS)}`;
  const log: NoteSigner = { name: origin, signer: messageSignerOf(key.value) };
  const store = await openFolderLogStore(join(folder, 'record'));
  if (!store.ok) return store;
  const begun = await begin(log, { store: store.value, now });
  if (!begun.ok) {
    await store.value.close();
    return begun;
  }
  const threaded = { ...options, name: origin, key: key.value, entry: workerEntry() };
  const work = threads === 0 ? entryWorkHere(log) : entryThreads(threaded);
  const parts = { ...options, log, logKey: key.value.agent, store: store.value, work };
  return succeed(recordOf({ ...parts, ...begun.value }));
}

async function begin(
  log: NoteSigner,
  { store, now }: { readonly store: LogStore; readonly now: () => number },
): Promise<Outcome<Pick<Parts, 'writer' | 'published'>>> {
  const writer = await LogWriter.open(log, store, timePreface(log, now));
  if (!writer.ok) return writer;
  // An empty log is published too, so that whoever looks finds it.
  const { checkpoint } = writer.value;
  const published = checkpoint === null ? await writer.value.publish() : succeed(checkpoint);
  return published.ok ? succeed({ writer: writer.value, published: published.value }) : published;
}

type Parts = RecordOptions & {
  readonly log: NoteSigner;
  readonly logKey: NetworkRecord['logKey'];
  readonly store: LogStore;
  readonly work: EntryWork;
  readonly writer: LogWriter;
  readonly published: SignedCheckpoint;
};

function recordOf(parts: Parts): NetworkRecord {
  const { log, logKey, store, work, writer, logger, now } = parts;
  const grown: ((size: number) => void)[] = [];
  const publishedTo: ((checkpoint: SignedCheckpoint) => void)[] = [];
  let checkpoint = parts.published;
  let toldSize = writer.size;
  let publishFailure: string | null = null;

  const tellGrown = (): void => {
    const { size } = writer;
    if (size === toldSize) return;
    toldSize = size;
    for (const listener of grown) listener(size);
  };

  const append = async (entry: CheckedEntry): Promise<Outcome<Appended>> => {
    const appended = await writer.appendChecked(entry);
    if (appended.ok) tellGrown();
    return appended;
  };

  const take = async (entry: CheckedEntry): Promise<Outcome<Submitted>> => {
    const appended = await append(entry);
    if (!appended.ok) return appended;
    const { id, index, leaf } = appended.value;
    const promise = await work.promise({ entry: id, index, leaf, byMs: now() + PROMISE_MS });
    return succeed({ ...appended.value, promise });
  };

  const publish = async (): Promise<void> => {
    if (writer.size === checkpoint.checkpoint.size) return;
    const published = await writer.publish();
    if (!published.ok) {
      // Once, and not every time that it is tried again.
      const { message } = published.failure;
      if (message !== publishFailure) logger.error(`the record is not published: ${message}`);
      publishFailure = message;
      return;
    }
    publishFailure = null;
    checkpoint = published.value;
    for (const listener of publishedTo) listener(checkpoint);
  };

  const stopPublishing = repeatedly(parts, publish);

  const files: TileReader = {
    read: (path, bytesMax) =>
      path === CHECKPOINT_PATH
        ? Promise.resolve(succeed(checkpoint.bytes))
        : store.read(path, bytesMax),
  };

  return {
    origin: log.name,
    verifierKey: noteKeyOf(log),
    logKey,
    signer: log.signer,
    size: () => writer.size,
    checkpoint: () => checkpoint,
    entries: (from, to) => writer.entries(from, to),
    check: (entry) => work.check(entry),
    take,
    async write(draft) {
      const own = await ownEntry(await signEntry(log.signer, draft));
      return own.ok ? append(own.value) : own;
    },
    addCosignature(signed, line) {
      const { size } = signed.checkpoint;
      if (size !== checkpoint.checkpoint.size) return;
      const { note } = checkpoint;
      const others = note.signatures.filter(
        ({ name, keyId }) => name !== line.name || keyId !== line.keyId,
      );
      const cosigned = parseCheckpoint(formatNote({ ...note, signatures: [...others, line] }));
      assert(cosigned.ok, 'a checkpoint with another line is one');
      checkpoint = cosigned.value;
      for (const listener of publishedTo) listener(checkpoint);
    },
    onGrown: (listener) => void grown.push(listener),
    onPublished: (listener) => void publishedTo.push(listener),
    files,
    async close() {
      await stopPublishing();
      await work.close();
      await publish();
      await writer.close();
    },
  };
}

/** The time, for the log to tell before new entries; nothing where it told it just now. */
function timePreface({ signer }: NoteSigner, now: () => number): Preface {
  let toldMs = 0;
  return async () => {
    const atMs = now();
    assert(Number.isSafeInteger(atMs), 'whole milliseconds');
    if (atMs < toldMs + RECORD_TIME_MS) return null;
    const entry = await signEntry(signer, timeDraft(atMs, freshAnchor()));
    return { entry, kept: () => void (toldMs = atMs) };
  };
}

/** Does something after each interval, one at a time; the result ends that once it is done. */
function repeatedly(
  { platform, publishEveryMs }: Pick<RecordOptions, 'platform' | 'publishEveryMs'>,
  act: () => Promise<void>,
): () => Promise<void> {
  let isStopped = false;
  let acting: Promise<void> = Promise.resolve();
  let cancel: () => void;
  const later = (): void => {
    cancel = platform.after(publishEveryMs, () => {
      acting = once();
    });
  };
  const once = async (): Promise<void> => {
    await act();
    if (!isStopped) later();
  };
  later();
  return async () => {
    isStopped = true;
    cancel();
    await acting;
  };
}

/** The entry of a thread of entries, as source or as built. */
function workerEntry(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../../workers/entries-node.worker.${extension}`, import.meta.url);
}
