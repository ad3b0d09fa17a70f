import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEAF_BYTES, MANIFEST_BYTES_MAX } from '../domain/limits.ts';
import type { Outcome } from '../domain/outcome.ts';
import { leafIdOf } from '../integrity/index.ts';
import { BLOCK_STORE_FACTS, damageFact, patterned } from './block-store.contract.ts';
import { openFileBlocks } from './file-blocks.ts';

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-blocks-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const pathOf = (id: string): string => join(folder, id.slice(-3, -1), id);

describe('file blocks', () => {
  it.each(BLOCK_STORE_FACTS)('$fact', async ({ keeps }) => {
    await keeps(must(await openFileBlocks(folder)));
  });

  const damages = {
    'a changed byte': async (id: string) => {
      const bytes = await readFile(pathOf(id));
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      await writeFile(pathOf(id), bytes);
    },
    'a missing end': async (id: string) =>
      writeFile(pathOf(id), (await readFile(pathOf(id))).subarray(0, 50)),
    'no bytes at all': (id: string) => writeFile(pathOf(id), ''),
    'more bytes than any block has': (id: string) =>
      writeFile(pathOf(id), new Uint8Array(MANIFEST_BYTES_MAX + 1)),
  };
  it.each(Object.entries(damages))('with %s: are never given out', async (_, damage) => {
    const { keeps } = damageFact(damage);
    await keeps(must(await openFileBlocks(folder)));
  });

  it('are read into the room that is given, where they fit', async () => {
    const store = must(await openFileBlocks(folder));
    const bytes = patterned(5000);
    const id = await leafIdOf(bytes);
    must(await store.put(id, bytes));
    for (const room of [new Uint8Array(LEAF_BYTES), new Uint8Array(10)]) {
      const read = must(await store.getInto(id, room));
      expect(read).toEqual(bytes);
      expect(read.buffer === room.buffer).toBe(room.byteLength >= bytes.byteLength);
    }
  });

  it('are there again when the folder is opened again, without what a crash left', async () => {
    const bytes = patterned(9000);
    const id = await leafIdOf(bytes);
    const first = must(await openFileBlocks(folder));
    must(await first.put(id, bytes));
    await writeFile(join(folder, 'tmp', `${id}-7`), bytes.subarray(0, 10));
    const second = must(await openFileBlocks(folder));
    expect(must(await second.get(id))).toEqual(bytes);
    expect(await filesIn(folder)).toEqual([id]);
  });

  it('say storage_failed where the folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), 'x');
    expect(await openFileBlocks(join(folder, 'file', 'blocks'))).toMatchObject({
      ok: false,
      failure: { code: 'storage_failed' },
    });
  });

  it('say storage_failed where a block cannot be written, and leave nothing unfinished', async () => {
    const store = must(await openFileBlocks(folder));
    const bytes = patterned(100);
    const id = await leafIdOf(bytes);
    // A file where the shard's folder belongs.
    await writeFile(join(folder, id.slice(-3, -1)), 'x');
    expect(await store.put(id, bytes)).toMatchObject({
      ok: false,
      failure: { code: 'storage_failed' },
    });
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('say storage_full on a full disk, keep what was held and leave nothing half-written', async ({
    skip,
  }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    if (!mountSmallDisk(disk)) skip('mounting a small disk needs root');
    try {
      const store = must(await openFileBlocks(disk));
      const blocks = await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          const bytes = patterned(200_000 + index);
          return { id: await leafIdOf(bytes), bytes };
        }),
      );
      const codes: string[] = [];
      for (const { id, bytes } of blocks) {
        const put = await store.put(id, bytes);
        codes.push(put.ok ? 'held' : put.failure.code);
      }
      expect(codes.slice(0, 4)).toEqual(['held', 'held', 'held', 'held']);
      expect(codes.at(-1)).toBe('storage_full');
      const held = blocks.filter((_, index) => codes[index] === 'held');
      expect((await filesIn(disk)).toSorted()).toEqual(held.map(({ id }) => id).toSorted());
      for (const { id, bytes } of held) {
        expect(must(await store.get(id))).toEqual(bytes);
      }
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('are readable by their owner alone', async () => {
    const store = must(await openFileBlocks(folder));
    const bytes = patterned(100);
    const id = await leafIdOf(bytes);
    must(await store.put(id, bytes));
    expect((await stat(pathOf(id))).mode & 0o777).toBe(0o600);
  });
});
