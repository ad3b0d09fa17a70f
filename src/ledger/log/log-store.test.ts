import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { must } from '../example-log.contract.ts';
import { openFolderLogStore } from './folder-log-store.ts';
import { decodeJournal, encodeJournal } from './journal-bytes.ts';
import { describeLogStore } from './log-store.contract.ts';
import type { LogStore } from './log-store.ts';
import { memoryLogStore } from './memory-log-store.ts';

describeLogStore('in memory', async () => {
  const store = memoryLogStore();
  return { open: async () => store, close: async () => {} };
});

describeLogStore('in a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'log-store-'));
  const opened: LogStore[] = [];
  return {
    async open() {
      const store = must(await openFolderLogStore(folder));
      opened.push(store);
      return store;
    },
    async close() {
      for (const store of opened) await store.close().catch(() => null);
      await rm(folder, { recursive: true, force: true });
    },
  };
});

describe('a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'log-folder-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const record = (index: number) => ({ index, entry: Uint8Array.of(index, 1, 2, 3) });

  it('is written by one at a time', async () => {
    const first = must(await openFolderLogStore(folder));
    expect(await openFolderLogStore(folder)).toMatchObject({
      failure: { code: 'storage_failed', message: expect.stringContaining('another process') },
    });
    await first.close();
    const second = must(await openFolderLogStore(folder));
    await second.close();
  });

  it('goes on behind a record that was cut short', async () => {
    const first = must(await openFolderLogStore(folder));
    must(await first.recover());
    must(await first.keep([record(0), record(1)]));
    await first.close();
    const journal = join(folder, 'journal');
    await appendFile(journal, encodeJournal([record(2)]).subarray(0, 15));
    const second = must(await openFolderLogStore(folder));
    expect(must(await second.recover()).journal).toEqual([record(0), record(1)]);
    must(await second.keep([record(2)]));
    await second.close();
    expect(decodeJournal(new Uint8Array(await readFile(journal))).entries).toEqual([
      record(0),
      record(1),
      record(2),
    ]);
  });

  it('has nothing unfinished of a former process', async () => {
    const first = must(await openFolderLogStore(folder));
    await first.close();
    await writeFile(join(folder, 'tmp', '1'), 'half');
    const second = must(await openFolderLogStore(folder));
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    await second.close();
  });

  it('on a full disk keeps what was acknowledged, and goes on when there is room', async ({
    skip,
  }) => {
    try {
      const options = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder];
      execFileSync('mount', options, { stdio: 'ignore' });
    } catch {
      skip('mounting a small disk needs root');
    }
    try {
      const store = must(await openFolderLogStore(folder));
      must(await store.recover());
      await writeFile(join(folder, 'ballast'), new Uint8Array(300_000));
      const large = (index: number) => ({ index, entry: new Uint8Array(60_000).fill(index) });
      const codes: string[] = [];
      for (let count = 0; codes.at(-1) !== 'storage_full'; count++) {
        const kept = await store.keep([large(count)]);
        codes.push(kept.ok ? 'kept' : kept.failure.code);
      }
      const acknowledged = codes.length - 1;
      expect(acknowledged).toBeGreaterThan(5);
      await rm(join(folder, 'ballast'));
      must(await store.keep([large(acknowledged)]));
      await store.close();
      const next = must(await openFolderLogStore(folder));
      const { journal } = must(await next.recover());
      expect(journal).toEqual(Array.from({ length: acknowledged + 1 }, (_, at) => large(at)));
      await next.close();
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  it('that is a file is refused', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await openFolderLogStore(join(folder, 'file'))).toMatchObject({
      failure: { code: 'storage_failed' },
    });
  });
});

describe('journals', () => {
  const entries = fc
    .array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
    .map((list) => list.map((entry, at) => ({ index: 2 ** 39 + at, entry })));

  it('come back whole', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const bytes = encodeJournal(list);
        expect(decodeJournal(bytes)).toEqual({ entries: list, byteLength: bytes.byteLength });
      }),
    );
  });

  it('cut anywhere, or changed anywhere, give what stands before', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.boolean(), (list, any, isCut) => {
        const bytes = encodeJournal(list);
        fc.pre(bytes.byteLength > 0);
        const at = any % bytes.byteLength;
        const changed = isCut ? bytes.slice(0, at) : bytes.slice();
        if (!isCut) changed[at] = (changed[at] ?? 0) ^ 8;
        const read = decodeJournal(changed);
        expect(read.entries).toEqual(list.slice(0, read.entries.length));
        expect(read.entries.length).toBeLessThan(list.length);
        expect(read.byteLength).toBeLessThanOrEqual(at);
      }),
    );
  });

  it('of any bytes are read to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const { entries: list, byteLength } = decodeJournal(bytes);
        expect(encodeJournal(list)).toEqual(bytes.slice(0, byteLength));
      }),
    );
  });

  it('end before a record that does not follow, as an overwritten one would', () => {
    const record = (index: number) => ({ index, entry: Uint8Array.of(index) });
    const bytes = encodeJournal([record(8), record(9), record(4)]);
    expect(decodeJournal(bytes).entries).toEqual([record(8), record(9)]);
  });
});
