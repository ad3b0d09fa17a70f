import { hash } from 'node:crypto';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentId } from '../domain/ids.ts';
import { succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import { blockBytesMax, checkBlockSize, checkDigest, equalBytes } from '../integrity/index.ts';
import {
  blockBroken,
  blockUnknown,
  canceled,
  storageFailed,
  storageFull,
} from './block-failure.ts';
import type { Abortable, BlockStore } from './block-store.ts';

/** Blocks in files, which can also be read into memory that is used again and again. */
export type FileBlocks = BlockStore & {
  /**
   * As `get`, with `room` for the bytes where they fit: valid until the caller gives it out anew.
   */
  getInto(
    id: ContentId,
    room: Uint8Array<ArrayBuffer>,
    options?: Abortable,
  ): Promise<Outcome<Uint8Array>>;
};

/**
 * Blocks in a folder of one process: `<folder>/<two characters>/<id>`.
 *
 * A block is written to `<folder>/tmp`, flushed, and only then named, so that its name stands for
 * whole bytes that survive a loss of power. Left-overs of a crash go when the folder is opened.
 * Errors: "storage_failed" | "storage_full".
 */
export async function openFileBlocks(folder: string): Promise<Outcome<FileBlocks>> {
  const unfinished = join(folder, 'tmp');
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
  } catch (cause) {
    return storageFailure(cause);
  }
  return succeed(fileBlocks(folder));
}

function fileBlocks(folder: string): FileBlocks {
  let writes = 0;
  // The last characters vary most, but for the very last, which has unused bits.
  const shardOf = (id: ContentId): string => join(folder, id.slice(-3, -1));
  const pathOf = (id: ContentId): string => join(shardOf(id), id);
  const getInto: FileBlocks['getInto'] = async (id, room, { signal } = {}) => {
    if (signal?.aborted === true) return canceled(`reading block ${id}`);
    const read = await readBlock(pathOf(id), id, room);
    if (!read.ok) return read;
    if (read.value !== null) return succeed(read.value);
    await discard(pathOf(id));
    return blockBroken(id, `in ${folder}`);
  };
  return {
    getInto,
    get: (id, options) => getInto(id, NO_ROOM, options),
    async has(id) {
      try {
        return (await stat(pathOf(id))).isFile();
      } catch {
        // Not there, or not readable: `put` will say which.
        return false;
      }
    },
    async put(id, bytes) {
      const verified = verifyHere(id, bytes);
      if (!verified.ok) return verified;
      const held = await readBlock(pathOf(id), id, NO_ROOM);
      if (held.ok && held.value !== null && equalBytes(held.value, bytes)) return verified;
      writes += 1;
      const unfinished = join(folder, 'tmp', `${id}-${writes}`);
      return writeWhole({ unfinished, shard: shardOf(id), path: pathOf(id), bytes });
    },
  };
}

const NO_ROOM = new Uint8Array(0);

/** The verified bytes; null where there are others. */
async function readBlock(
  path: string,
  id: ContentId,
  room: Uint8Array<ArrayBuffer>,
): Promise<Outcome<Uint8Array | null>> {
  try {
    const file = await open(path);
    try {
      const largest = blockBytesMax(id);
      const target = room.byteLength >= largest ? room : await roomFor(file, largest);
      let byteLength = 0;
      for (let read = -1; read !== 0 && byteLength < target.byteLength; byteLength += read) {
        read = (await file.read(target, byteLength, target.byteLength - byteLength)).bytesRead;
      }
      const bytes = target.subarray(0, byteLength);
      return succeed(verifyHere(id, bytes).ok ? bytes : null);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return blockUnknown(id, 'in this store');
    return storageFailure(cause);
  }
}

/** As much as the file has, up to what shows that it has too much. */
async function roomFor(file: FileHandle, largest: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(Math.min((await file.stat()).size, largest + 1));
}

/**
 * As `verifyBlock`, at once: WebCrypto copies what it hashes and hands it to other threads, which
 * costs more than to hash a leaf.
 */
function verifyHere(id: ContentId, bytes: Uint8Array): Outcome<void> {
  const fits = checkBlockSize(id, bytes);
  return fits.ok ? checkDigest(id, hash('sha256', bytes, 'buffer')) : fits;
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
