import { beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../../domain/failure.ts';
import { APPENDS_WAITING_BYTES_MAX } from '../../domain/limits.ts';
import { fail } from '../../domain/outcome.ts';
import type { MessageSigner } from '../../integrity/index.ts';
import { entryOf, knownSigner, must, newSigner, policyOf } from '../example-log.contract.ts';
import type { NoteSigner } from '../notes/note-signing.ts';
import { trustCheckpoint } from '../notes/policy.ts';
import { provesConsistency } from '../tree/consistency-proof.ts';
import { LogTree } from '../tree/log-tree.ts';
import type { LogStore } from './log-store.ts';
import { LogWriter } from './log-writer.ts';
import { memoryLogStore } from './memory-log-store.ts';

let log: NoteSigner;
let owner: MessageSigner;
let entries: Uint8Array[];

beforeAll(async () => {
  log = { name: 'log.example', signer: await knownSigner(1) };
  owner = await newSigner();
  entries = await Promise.all(Array.from({ length: 600 }, (_, at) => entryOf(owner, at)));
});

const open = async (store: LogStore) => must(await LogWriter.open(log, store));
const appendAll = async (writer: LogWriter, list: readonly Uint8Array[]) =>
  (await Promise.all(list.map((entry) => writer.append(entry)))).map(must);

/** All entries that a store's checkpoint has, verified from its tiles. */
async function readBack(store: LogStore): Promise<Uint8Array[]> {
  const bytes = must(await store.read('checkpoint', 10_000));
  const { checkpoint } = must(await trustCheckpoint(policyOf(log), bytes));
  const tree = must(await LogTree.open(store, checkpoint));
  const read: Uint8Array[] = [];
  for (let tile = 0; tile * 256 < checkpoint.size; tile++) {
    read.push(...must(await tree.entries(tile)));
  }
  return read;
}

/** Entries that come at once are taken in the order in which they were verified. */
const sorted = (list: readonly Uint8Array[]): string[] =>
  list.map((entry) => Buffer.from(entry).toString('hex')).toSorted();

describe('a log', () => {
  it('publishes what was appended, in the order that it told', async () => {
    const store = memoryLogStore();
    const writer = await open(store);
    const appended = await appendAll(writer, entries);
    expect(new Set(appended.map(({ index }) => index)).size).toBe(600);
    expect(appended.every(({ isNew }) => isNew)).toBe(true);
    const signed = must(await writer.publish());
    expect(signed.checkpoint.size).toBe(600);
    const read = await readBack(store);
    expect(appended.map(({ index }) => read[index])).toEqual(entries);
  });

  it('grows from checkpoint to checkpoint, each consistent with the one before', async () => {
    const store = memoryLogStore();
    const writer = await open(store);
    let older = must(await writer.publish()).checkpoint;
    expect(older.size).toBe(0);
    for (const end of [1, 2, 255, 256, 257, 511, 512, 513, 600]) {
      await appendAll(writer, entries.slice(older.size, end));
      const newer = must(await writer.publish()).checkpoint;
      const tree = must(await LogTree.open(store, newer));
      const hashes = must(await tree.consistencyProof(older.size));
      expect(provesConsistency({ older, newer, hashes })).toBe(true);
      older = newer;
    }
    expect(sorted(await readBack(store))).toEqual(sorted(entries));
  });

  it('says the same again where there is nothing new', async () => {
    const writer = await open(memoryLogStore());
    await appendAll(writer, entries.slice(0, 3));
    const first = must(await writer.publish());
    expect(must(await writer.publish())).toBe(first);
  });

  it('is gone on with by the next process, published or not', async () => {
    const store = memoryLogStore();
    const first = await open(store);
    await appendAll(first, entries.slice(0, 300));
    must(await first.publish());
    await appendAll(first, entries.slice(300, 310));
    await first.close();
    const second = await open(store);
    expect(second.size).toBe(310);
    await appendAll(second, entries.slice(310));
    must(await second.publish());
    expect(sorted(await readBack(store))).toEqual(sorted(entries));
  });

  it('publishes by itself before its journal gets too long', async () => {
    const store = memoryLogStore();
    const writer = await open(store);
    const many = await Promise.all(Array.from({ length: 1_100 }, (_, at) => entryOf(owner, at)));
    await appendAll(writer, many.slice(0, 1_050));
    await appendAll(writer, many.slice(1_050));
    expect(writer.checkpoint?.checkpoint.size).toBeGreaterThan(1_000);
    expect(writer.size).toBe(1_100);
  });

  it('is not gone on with under another key or name', async () => {
    const store = memoryLogStore();
    const writer = await open(store);
    await appendAll(writer, entries.slice(0, 2));
    must(await writer.publish());
    for (const other of [
      { name: 'log.example', signer: await newSigner() },
      { name: 'other.example', signer: log.signer },
    ]) {
      expect(await LogWriter.open(other, store)).toMatchObject({
        failure: { code: 'storage_failed' },
      });
    }
  });

  it('with a changed tile is not gone on with', async () => {
    const store = memoryLogStore();
    const writer = await open(store);
    await appendAll(writer, entries.slice(0, 300));
    must(await writer.publish());
    const lying: LogStore = {
      ...store,
      async read(path, bytesMax) {
        const read = await store.read(path, bytesMax);
        if (read.ok && path === 'tile/entries/000') read.value[500] = 0xff;
        return read;
      },
    };
    expect(await LogWriter.open(log, lying)).toMatchObject({ failure: { code: 'proof_invalid' } });
  });
});

describe('duplicates', () => {
  it('get the place of the first, waiting, kept, published and after a restart', async () => {
    const store = memoryLogStore();
    let writer = await open(store);
    const [entry = new Uint8Array()] = entries;
    const [one, two] = await appendAll(writer, [entry, entry]);
    expect([one?.isNew, two?.isNew].toSorted()).toEqual([false, true]);
    expect(two?.index).toBe(one?.index);
    expect(must(await writer.append(entry))).toMatchObject({ index: 0, isNew: false });
    must(await writer.publish());
    expect(must(await writer.append(entry))).toMatchObject({ index: 0, isNew: false });
    for (const next of entries.slice(0, 300)) must(await writer.append(next));
    must(await writer.publish());
    await writer.close();
    writer = await open(store);
    expect(writer.size).toBe(300);
    expect(must(await writer.append(entry))).toMatchObject({ index: 0, isNew: false });
    expect(must(await writer.append(entries[299] ?? entry))).toMatchObject({ isNew: false });
    expect(writer.size).toBe(300);
  });

  it('with other bytes under one anchor are refused', async () => {
    const writer = await open(memoryLogStore());
    const first = await entryOf(owner, 1, { kind: 'test', text: 'one' });
    const other = await entryOf(owner, 1, { kind: 'test', text: 'two' });
    const refused = { failure: { code: 'entry_duplicate' } };
    const atOnce = await Promise.all([writer.append(first), writer.append(other)]);
    // Whichever was verified first has the anchor.
    const lost = atOnce[0].ok ? other : first;
    expect(atOnce.filter(({ ok }) => !ok)).toMatchObject([refused]);
    expect(await writer.append(lost)).toMatchObject(refused);
    must(await writer.publish());
    expect(await writer.append(lost)).toMatchObject(refused);
    const stranger = await newSigner();
    expect((await writer.append(await entryOf(stranger, 1))).ok).toBe(true);
  });
});

describe('what cannot be appended', () => {
  it('is told, and takes no place', async () => {
    const writer = await open(memoryLogStore());
    const [entry = new Uint8Array()] = entries;
    const forged = entry.slice();
    forged[10] = (forged[10] ?? 0) ^ 1;
    expect(await writer.append(forged)).toMatchObject({ failure: { code: 'signature_invalid' } });
    expect((await writer.append(new Uint8Array(10))).ok).toBe(false);
    expect(writer.size).toBe(0);
    expect(must(await writer.append(entry)).index).toBe(0);
  });

  it('because too much waits is told to come back', { timeout: 60_000 }, async () => {
    const store = memoryLogStore();
    const gate = Promise.withResolvers<void>();
    const slow: LogStore = {
      ...store,
      async keep(list) {
        await gate.promise;
        return store.keep(list);
      },
    };
    const writer = await open(slow);
    // Large ones, so that their bytes reach the limit before their number does.
    const text = 'x'.repeat(60_000);
    const most = Math.floor(APPENDS_WAITING_BYTES_MAX / 60_000);
    const many = await Promise.all(
      Array.from({ length: most + 100 }, (_, at) => entryOf(owner, at, { kind: 'test', text })),
    );
    const asked = many.map((entry) => writer.append(entry));
    const first = await Promise.race(
      asked.map(async (one) => {
        const outcome = await one;
        return outcome.ok ? new Promise<never>(() => {}) : outcome;
      }),
    );
    expect(first).toMatchObject({ failure: { code: 'queue_full', retryAfterMs: 1_000 } });
    gate.resolve();
    const kept = (await Promise.all(asked)).filter(({ ok }) => ok).length;
    expect(kept).toBeGreaterThan(most / 2);
    expect(kept).toBeLessThan(many.length);
    expect(writer.size).toBe(kept);
  });

  it('because the disk is full can be appended later, under the same anchor', async () => {
    const store = memoryLogStore();
    let isFull = true;
    const small: LogStore = {
      ...store,
      keep: async (list) =>
        isFull ? fail(failure('storage_full', 'told to be full')) : store.keep(list),
    };
    const writer = await open(small);
    const [entry = new Uint8Array()] = entries;
    expect(await writer.append(entry)).toMatchObject({ failure: { code: 'storage_full' } });
    isFull = false;
    expect(must(await writer.append(entry))).toMatchObject({ index: 0, isNew: true });
  });

  it('because the disk broke stays refused until the log is opened anew', async () => {
    const store = memoryLogStore();
    let isBroken = true;
    const broken: LogStore = {
      ...store,
      keep: async (list) =>
        isBroken ? fail(failure('storage_failed', 'told to break')) : store.keep(list),
    };
    const writer = await open(broken);
    const [entry = new Uint8Array()] = entries;
    expect(await writer.append(entry)).toMatchObject({ failure: { code: 'storage_failed' } });
    isBroken = false;
    expect(await writer.append(entry)).toMatchObject({ failure: { code: 'storage_failed' } });
    expect(await writer.publish()).toMatchObject({ failure: { code: 'storage_failed' } });
    expect(must(await (await open(broken)).append(entry)).index).toBe(0);
  });

  it('cannot be published while the disk is full, and then is', async () => {
    const store = memoryLogStore();
    let isFull = true;
    const small: LogStore = {
      ...store,
      publish: async (files, checkpoint) =>
        isFull
          ? fail(failure('storage_full', 'told to be full'))
          : store.publish(files, checkpoint),
    };
    const writer = await open(small);
    await appendAll(writer, entries.slice(0, 300));
    expect(await writer.publish()).toMatchObject({ failure: { code: 'storage_full' } });
    isFull = false;
    await appendAll(writer, entries.slice(300));
    expect(must(await writer.publish()).checkpoint.size).toBe(600);
    expect(sorted(await readBack(store))).toEqual(sorted(entries));
  });
});
