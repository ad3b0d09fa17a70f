import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../integrity/index.ts';
import { knownSigner, must } from '../../ledger/example-log.contract.ts';
import {
  LogTree,
  LogWriter,
  memoryLogStore,
  noteKeyOf,
  parseCheckpoint,
  signCheckpoint,
} from '../../ledger/index.ts';
import { openFolderLogStore } from '../../ledger/node.ts';
import { engine } from '../machine-driver.contract.ts';
import { ann, ExampleRecord, logSigner } from '../verify/example-record.contract.ts';
import { verifyRecord } from '../verify/verify-record.ts';
import { packPiece } from './archive-piece.ts';
import type { ArchiveTarget } from './archive-target.ts';
import { folderTarget } from './folder-target.ts';
import { restoreLog } from './restore-log.ts';

const archiveKey = await knownSigner(9);
const stranger = await knownSigner(8);
const log = noteKeyOf(logSigner);
const signal = new AbortController().signal;
const folders: string[] = [];

/** A record of 700 entries, with a claimed root, and its pieces. */
const record = await ExampleRecord.begin();
while (record.size < 699) await record.count(ann);
await record.claim(698);
const published = must(parseCheckpoint(await record.publish()));
const tree = must(await LogTree.open(record.store, published.checkpoint));

let folder: string;
let target: ArchiveTarget;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restore-'));
  folders.push(folder);
  target = folderTarget(folder);
  for (const [first, end] of [
    [0, 100],
    [100, 256],
    [256, 512],
    [512, 700],
  ] as const) {
    must(await target.post(await pieceOf(first, end), signal));
  }
});
afterAll(async () => {
  for (const one of folders) await rm(one, { recursive: true, force: true });
});

describe('restoring a log', () => {
  it('gives the whole of it, which a writer goes on with and anybody verifies', async () => {
    const lost = join(folder, 'new');
    const store = must(await openFolderLogStore(lost));
    const restored = must(await restoreLog({ target, log, store, signal }));
    expect(restored).toMatchObject({ size: 700, pieceCount: 4, refusedCount: 0 });
    expect(restored.checkpoint?.bytes).toEqual(published.bytes);
    const writer = must(await LogWriter.open(logSigner, store));
    expect(writer.size).toBe(700);
    const verdict = await verifyRecord({
      tiles: store,
      policy: record.policy,
      pinned: published.bytes,
      check: { level: 'full', engine },
      nowMs: () => 0,
    });
    expect(must(verdict)).toMatchObject({
      view: 'same',
      entryCount: 700,
      folded: { agreedCount: 1 },
      difference: null,
    });
    await writer.close();
  });

  it('ends where the archive ends', async () => {
    await remove('512-700');
    expect(await restoreAnew()).toMatchObject({ size: 512, pieceCount: 3 });
    await remove('100-256');
    expect(await restoreAnew()).toMatchObject({ size: 100, pieceCount: 1 });
    await remove('0-100');
    expect(await restoreAnew()).toMatchObject({ size: 0, checkpoint: null });
  });

  it('says what is missing where the archive has a hole, and joins nothing behind it', async () => {
    expect(await restoreAnew()).toMatchObject({ missing: [], knownSize: 700 });
    await remove('256-512');
    const hole = { first: 256, end: 512 };
    expect(await restoreAnew()).toMatchObject({ size: 256, missing: [hole], knownSize: 700 });
    // A stranger makes the log no longer than it said.
    const last = await readFile(await pathOf('512-700'));
    for (const name of ['900-1088', '300-512']) {
      await writeFile(join(folder, LOG_FOLDER, `${name}-${'A'.repeat(43)}`), last);
    }
    expect(await restoreAnew()).toMatchObject({ missing: [hole], knownSize: 700 });
    await remove('0-100');
    expect(await restoreAnew()).toMatchObject({
      ...{ size: 0, knownSize: 700 },
      missing: [{ first: 0, end: 100 }, hole],
    });
  });

  it.each([
    ['a byte of the last entry', -1],
    ['a byte of the first header', 2 + 64 + 32 + 34 + 16 + 200 + 80],
  ])('passes over a piece in which %s was changed', async (_, at) => {
    const path = await pathOf('256-512');
    const bytes = new Uint8Array(await readFile(path));
    const place = at < 0 ? bytes.byteLength + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(await restoreAnew()).toMatchObject({ size: 256, refusedCount: 1 });
  });

  it('takes the right one among pieces that strangers posted for the same place', async () => {
    const entries = (await entriesOf(256, 512)).toReversed();
    const real = await pieceAt(256, 512);
    const faked = [
      // The entries in another order, under the log's own checkpoint.
      await packPiece({ ...real, entries }, stranger),
      // What another key signed as a checkpoint of this log.
      await packPiece({ ...real, checkpoint: await forgedCheckpoint() }, stranger),
      // A checkpoint of another size.
      await packPiece({ ...real, checkpoint: published.bytes }, stranger),
    ];
    for (const item of faked) must(await target.post(item, signal));
    await writeFile(join(folder, LOG_FOLDER, `256-512-${'A'.repeat(43)}`), 'nothing of the kind');
    expect(await restoreAnew()).toMatchObject({ size: 700, pieceCount: 4 });
  });

  it('does not write over a log that is there', async () => {
    const store = memoryLogStore();
    must(await restoreLog({ target, log, store, signal }));
    expect(await restoreLog({ target, log, store, signal })).toMatchObject({
      failure: { code: 'storage_failed' },
    });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const store = memoryLogStore();
    const given = { target, log, store, signal: stop.signal, onProgress };
    expect(await restoreLog(given)).toMatchObject({ failure: { code: 'canceled' } });
  });
});

const LOG_FOLDER = encodeBase64url(logSigner.signer.publicKey);

async function restoreAnew() {
  const given = { target: folderTarget(folder), log, store: memoryLogStore(), signal };
  return must(await restoreLog(given));
}

async function entriesOf(first: number, end: number): Promise<readonly Uint8Array[]> {
  const entries = must(await tree.entries(Math.floor(first / 256)));
  return entries.slice(first % 256, (first % 256) + end - first);
}

async function pieceAt(first: number, end: number) {
  const root = must(await tree.rootAt(end));
  const signed = await signCheckpoint(logSigner, { size: end, root });
  return { log, first, entries: await entriesOf(first, end), checkpoint: signed.bytes };
}

async function pieceOf(first: number, end: number) {
  return packPiece(await pieceAt(first, end), archiveKey);
}

async function forgedCheckpoint(): Promise<Uint8Array> {
  const root = must(await tree.rootAt(512));
  return (await signCheckpoint({ name: 'log.example', signer: stranger }, { size: 512, root }))
    .bytes;
}

async function pathOf(beginning: string): Promise<string> {
  const names = await readdir(join(folder, LOG_FOLDER));
  const name = names.find((one) => one.startsWith(beginning));
  if (name === undefined) throw new Error(`no piece ${beginning}`);
  return join(folder, LOG_FOLDER, name);
}

async function remove(beginning: string): Promise<void> {
  await rm(await pathOf(beginning));
}
