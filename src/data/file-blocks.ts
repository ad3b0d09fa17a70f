import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentId } from '../domain/ids.ts';
import { succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import { blockBytesMax, equalBytes, verifyBlock } from '../integrity/index.ts';
import {
  blockBroken,
  blockUnknown,
  canceled,
  storageFailed,
  storageFull,
} from './block-failure.ts';
import type { BlockStore } from './block-store.ts';

/**
 * Blocks in a folder of one process: `<folder>/<two characters>/<id>`.
 *
 * A block is written to `<folder>/tmp`, flushed, and only then named, so that its name stands for
 * whole bytes that survive a loss of power. Left-overs of a crash go when the folder is opened.
 * Errors: "storage_failed" | "storage_full".
 */
export async function openFileBlocks(folder: string): Promise<Outcome<BlockStore>> {
  const unfinished = join(folder, 'tmp');
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
  } catch (cause) {
    return storageFailure(cause);
  }
  return succeed(fileBlocks(folder));
}

function fileBlocks(folder: string): BlockStore {
  let writes = 0;
  // The last characters vary most, but for the very last, which has unused bits.
  const shardOf = (id: ContentId): string => join(folder, id.slice(-3, -1));
  const pathOf = (id: ContentId): string => join(shardOf(id), id);
  return {
    async has(id) {
      try {
        return (await stat(pathOf(id))).isFile();
      } catch {
        // Not there, or not readable: `put` will say which.
        return false;
      }
    },
    async get(id, { signal } = {}) {
      if (signal?.aborted === true) return canceled(`reading block ${id}`);
      const read = await readBlock(pathOf(id), id);
      if (!read.ok) return read;
      if (read.value !== null) return succeed(read.value);
      await discard(pathOf(id));
      return blockBroken(id, `in ${folder}`);
    },
    async put(id, bytes) {
      const verified = await verifyBlock(id, bytes);
      if (!verified.ok) return verified;
      const held = await readBlock(pathOf(id), id);
      if (held.ok && held.value !== null && equalBytes(held.value, bytes)) return verified;
      writes += 1;
      const unfinished = join(folder, 'tmp', `${id}-${writes}`);
      return writeWhole({ unfinished, shard: shardOf(id), path: pathOf(id), bytes });
    },
  };
}

/** The verified bytes; null where there are others. */
async function readBlock(path: string, id: ContentId): Promise<Outcome<Uint8Array | null>> {
  try {
    if ((await stat(path)).size > blockBytesMax(id)) return succeed(null);
    const { buffer, byteOffset, byteLength } = await readFile(path);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const verified = await verifyBlock(id, bytes);
    return succeed(verified.ok ? bytes : null);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return blockUnknown(id, 'in this store');
    return storageFailure(cause);
  }
}

async function writeWhole(block: {
  unfinished: string;
  shard: string;
  path: string;
  bytes: Uint8Array;
}): Promise<Outcome<void>> {
  try {
    await withFile(block.unfinished, 'wx', async (file) => {
      await file.writeFile(block.bytes);
      await file.datasync();
    });
    await mkdir(block.shard, { recursive: true });
    await rename(block.unfinished, block.path);
    // The name too must survive a loss of power.
    await withFile(block.shard, 'r', (file) => file.sync());
    return succeed(undefined);
  } catch (cause) {
    await discard(block.unfinished);
    return storageFailure(cause);
  }
}

async function withFile(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

async function discard(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch {
    // A disk that refuses even this already has its failure reported; no name stands for bytes.
  }
}

function codeOf(cause: unknown): string | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}

/** What the file system said, as a failure; what is no word of the file system's is a bug. */
function storageFailure(cause: unknown): Failed {
  const code = codeOf(cause);
  if (code === null) throw cause;
  const detail = cause instanceof Error ? cause.message : code;
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code) ? storageFull(detail) : storageFailed(detail);
}
