import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ENTRIES_CHECKING_BYTES_MAX,
  ENTRIES_CHECKING_MAX,
  ENTRY_BATCH_MAX,
  ENTRY_BATCHES_AHEAD,
  ENTRY_BYTES_MAX,
} from '../../../domain/limits.ts';
import type { EntryId } from '../../../domain/ids.ts';
import {
  generateSigningKey,
  messageSignerOf,
  type MessageSigner,
  type SigningKey,
} from '../../../integrity/index.ts';
import { entryOf, must, newSigner } from '../../../ledger/example-log.contract.ts';
import { noteKeyOf, verifyPromise } from '../../../ledger/index.ts';
import { lineLogger } from '../../logger.ts';
import { nodePlatform } from '../../node-platform.ts';
import { freshFolder } from '../../volunteer.contract.ts';
import { entryThreads } from './entry-threads.ts';
import { entryWorkHere, type EntryWork, type Promised } from './entry-work.ts';

const name = 'log.example';
const folder = freshFolder();
const realEntry = new URL('../../../../workers/entries-node.worker.ts', import.meta.url);
const works: EntryWork[] = [];
let key: SigningKey;
let owner: MessageSigner;
let scripts = 0;

beforeAll(async () => {
  key = must(await generateSigningKey({ extractable: false }));
  owner = await newSigner();
});
afterAll(async () => void (await Promise.all(works.map((work) => work.close()))));

function workOf(of: {
  readonly entry?: URL;
  readonly threads?: number;
  readonly batchMs?: number;
}) {
  const lines: string[] = [];
  const logger = lineLogger({ level: 'info', write: (line) => lines.push(line) });
  const parts = { threads: 1, entry: realEntry, name, key, logger, platform: nodePlatform };
  const work = entryThreads({ ...parts, ...of });
  works.push(work);
  return { work, lines };
}

/** A thread's entry that runs this first. */
function scriptOf(text: string): URL {
  scripts += 1;
  const path = join(folder, `${scripts}.mjs`);
  writeFileSync(path, `import { parentPort } from 'node:worker_threads';\n${text}`);
  return pathToFileURL(path);
}

/** One that takes whatever comes, and never answers. */
const silent = (): URL => scriptOf(`parentPort.on('message', () => {});`);

/** One that dies of its first batch while a mark is not there, and then serves. */
function dying(): URL {
  const mark = JSON.stringify(join(folder, `${scripts}.died`));
  return scriptOf(`import { existsSync, writeFileSync } from 'node:fs';
    if (existsSync(${mark})) await import(${JSON.stringify(realEntry.href)});
    else parentPort.on('message', ({ kind }) => {
      if (kind !== 'batch') return;
      writeFileSync(${mark}, 'x');
      process.exit(1);
    });`);
}

const about: Promised = {
  entry: 'A'.repeat(43) as EntryId,
  index: 7,
  leaf: new Uint8Array(32).fill(3),
  byMs: 1_790_000_000_000,
};
const verified = (promise: Uint8Array) =>
  verifyPromise(noteKeyOf({ name, signer: messageSignerOf(key) }), promise);

describe('threads of entries', () => {
  it('find what the event loop would, of right entries and wrong ones', async () => {
    const right = await Promise.all(Array.from({ length: 200 }, (_, at) => entryOf(owner, at)));
    const entries = right.map((entry, at) => {
      if (at % 5 === 1) return entry.with(10, (entry[10] ?? 0) ^ 1);
      if (at % 5 === 2) return entry.slice(0, at % 2 === 0 ? 20 : -3);
      if (at % 50 === 3) return new Uint8Array(ENTRY_BYTES_MAX + 1).fill(2);
      return entry;
    });
    const here = entryWorkHere({ name, signer: messageSignerOf(key) });
    const { work } = workOf({ threads: 2 });
    const found = await Promise.all(entries.map((entry) => work.check(entry)));
    expect(found).toEqual(await Promise.all(entries.map((entry) => here.check(entry))));
    expect(found.filter(({ ok }) => ok).length).toBeGreaterThan(100);
    const codes = new Set(found.map((one) => (one.ok ? 'ok' : one.failure.code)));
    expect(codes).toEqual(
      new Set(['ok', 'signature_invalid', 'input_malformed', 'limit_exceeded']),
    );
  });

  it('keep the bytes that they verified, whatever becomes of those that were given', async () => {
    const { work } = workOf({});
    const [given, same] = [await entryOf(owner, 1), await entryOf(owner, 1)];
    const checking = work.check(given);
    await new Promise((resolve) => setImmediate(resolve));
    given.fill(0);
    expect(must(await checking).bytes).toEqual(same);
  });

  it('sign promises, more than one batch of them', async () => {
    const { work } = workOf({ threads: 2 });
    const asked = Array.from({ length: 3 * ENTRY_BATCH_MAX }, (_, index) => ({ ...about, index }));
    const promises = await Promise.all(asked.map((one) => work.promise(one)));
    for (const [at, promise] of promises.entries()) {
      expect(must(await verified(promise))).toEqual({ ...asked[at], origin: name });
    }
  });
});

describe('a thread of entries that ends', () => {
  it('refuses its entries, keeps its promises, and is replaced', async () => {
    const { work, lines } = workOf({ entry: dying() });
    const entry = await entryOf(owner, 1);
    const [refused, promise] = await Promise.all([work.check(entry), work.promise(about)]);
    expect(refused).toMatchObject({ ok: false, failure: { code: 'unavailable' } });
    expect(must(await verified(promise))).toMatchObject({ index: 7 });
    expect(must(await work.check(entry)).bytes).toEqual(entry);
    expect(lines.join('')).toContain('a thread of entries died and is replaced');
  });

  it('is ended when it falls silent', async () => {
    const { work } = workOf({ entry: silent(), batchMs: 100 });
    const refused = await work.check(await entryOf(owner, 1));
    expect(refused).toMatchObject({ ok: false, failure: { code: 'unavailable' } });
    expect(must(await verified(await work.promise(about)))).toMatchObject({ index: 7 });
  });

  it('leaves nobody waiting when the orchestrator ends', async () => {
    const { work } = workOf({ entry: silent() });
    const entry = await entryOf(owner, 1);
    const many = Array.from({ length: 500 }, () => work.check(entry));
    const promise = work.promise(about);
    await work.close();
    const codes = (await Promise.all(many)).map((one) => (one.ok ? 'ok' : one.failure.code));
    expect(new Set(codes)).toEqual(new Set(['unavailable']));
    expect(must(await verified(await promise))).toMatchObject({ index: 7 });
    expect(must(await verified(await work.promise(about)))).toMatchObject({ index: 7 });
    expect(await work.check(entry)).toMatchObject({ failure: { code: 'unavailable' } });
  });
});

describe('entries that wait for a thread', () => {
  const inFlight = ENTRY_BATCHES_AHEAD * ENTRY_BATCH_MAX;
  const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

  it('are so many, and one more is refused', async () => {
    const { work } = workOf({ entry: silent() });
    const entry = await entryOf(owner, 1);
    for (let at = 0; at < inFlight; at++) void work.check(entry);
    await soon();
    for (let at = 0; at < ENTRIES_CHECKING_MAX; at++) void work.check(entry);
    expect(await work.check(entry)).toMatchObject({ failure: { code: 'queue_full' } });
  });

  it('have so many bytes, and one more is refused', async () => {
    const { work } = workOf({ entry: silent() });
    const large = await entryOf(owner, 1, { text: 'x'.repeat(60_000) });
    const fitting = Math.floor(ENTRIES_CHECKING_BYTES_MAX / large.byteLength);
    for (let at = 0; at < fitting; at++) void work.check(large);
    expect(await work.check(large)).toMatchObject({ failure: { code: 'queue_full' } });
  });
});
