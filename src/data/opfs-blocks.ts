import type { ContentId } from '../domain/ids.ts';
import { succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import { OPFS_NAMING_MS, OPFS_NAMINGS_MAX } from '../domain/limits.ts';
import { blockBytesMax, verifyBlock } from '../integrity/index.ts';
import {
  blockBroken,
  blockUnknown,
  canceled,
  storageFailed,
  storageFull,
} from './block-failure.ts';
import type { BlockStore } from './block-store.ts';
import { isNamed, opfsUsage, UNFINISHED, type OpfsUsage } from './opfs-usage.ts';

/** A file that can be renamed: every browser's OPFS can, the DOM's type declarations cannot yet. */
type MovableFile = FileSystemFileHandle & { move(name: string): Promise<void> };

/**
 * A browser's cache of blocks, in a folder of its origin-private file system.
 *
 * A block is written under another name and named when it is whole, so that a tab closed in
 * mid-write leaves no broken block; what is read is verified again all the same. When all blocks
 * exceed `bytesMax` those least recently used here go. Several tabs may share the folder; what
 * the others add counts from the next eviction on.
 * Errors: "storage_failed" where this browser or window has no such storage.
 */
export async function openOpfsBlocks(options: {
  readonly folder: string;
  readonly bytesMax: number;
}): Promise<Outcome<BlockStore>> {
  try {
    const root = await navigator.storage.getDirectory();
    if (!('move' in FileSystemFileHandle.prototype)) {
      return storageFailed('this browser cannot rename files; update it');
    }
    const folder = await root.getDirectoryHandle(options.folder, { create: true });
    const usage = opfsUsage({ folder, bytesMax: options.bytesMax });
    await usage.scan();
    return succeed(opfsBlocks(folder, usage));
  } catch (cause) {
    return opfsFailure(cause);
  }
}

function opfsBlocks(folder: FileSystemDirectoryHandle, usage: OpfsUsage): BlockStore {
  const get = async (id: ContentId): Promise<Outcome<Uint8Array>> => {
    const file = await fileOf(folder, id);
    if (file === null) {
      usage.forget(id);
      return blockUnknown(id, 'in this cache');
    }
    if (file.size <= blockBytesMax(id)) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      if ((await verifyBlock(id, bytes)).ok) {
        usage.touch(id, bytes.byteLength);
        return succeed(bytes);
      }
    }
    await usage.remove(id);
    return blockBroken(id, 'in this cache');
  };

  const writing = new Map<ContentId, Promise<Outcome<void>>>();
  const put = async (id: ContentId, bytes: Uint8Array): Promise<Outcome<void>> => {
    const verified = await verifyBlock(id, bytes);
    if (!verified.ok) return verified;
    const write = writing.get(id) ?? keep(id, bytes).finally(() => writing.delete(id));
    writing.set(id, write);
    return write;
  };

  const keep = async (id: ContentId, bytes: Uint8Array): Promise<Outcome<void>> => {
    // A broken one goes when it is read.
    if ((await get(id)).ok) return succeed(undefined);
    if (!(await usage.makeRoom(bytes.byteLength))) return storageFull('the cache is too small');
    try {
      await writeWhole(folder, { id, bytes });
    } catch (cause) {
      // Another tab may have named the same block at the same time.
      if ((await get(id)).ok) return succeed(undefined);
      if (!isNamed(cause, 'QuotaExceededError')) throw cause;
      // The browser gives less than `bytesMax`: half of what is here goes, then once more.
      await usage.halve();
      await writeWhole(folder, { id, bytes });
    }
    usage.touch(id, bytes.byteLength);
    return succeed(undefined);
  };

  return {
    async has(id) {
      const file = await asOutcome(async () => succeed(await fileOf(folder, id)));
      return file.ok && file.value !== null;
    },
    get: async (id, { signal } = {}) =>
      signal?.aborted === true ? canceled(`reading block ${id}`) : asOutcome(() => get(id)),
    put: (id, bytes) => asOutcome(() => put(id, bytes)),
  };
}

async function fileOf(folder: FileSystemDirectoryHandle, id: ContentId): Promise<File | null> {
  try {
    return await (await folder.getFileHandle(id)).getFile();
  } catch (cause) {
    if (isNamed(cause, 'NotFoundError')) return null;
    throw cause;
  }
}

async function writeWhole(
  folder: FileSystemDirectoryHandle,
  block: { readonly id: ContentId; readonly bytes: Uint8Array },
): Promise<void> {
  const unfinished = `${block.id}.${crypto.randomUUID()}${UNFINISHED}`;
  try {
    const handle = await folder.getFileHandle(unfinished, { create: true });
    const file = await handle.createWritable();
    await file.write(new Uint8Array(block.bytes));
    await file.close();
    // `openOpfsBlocks` has seen that files can be renamed here.
    await nameFile(handle as MovableFile, block.id);
  } catch (cause) {
    await folder.removeEntry(unfinished).catch(() => undefined);
    throw cause;
  }
}

/** Names a file; where another tab is giving another file that name, once it has. */
async function nameFile(file: MovableFile, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await file.move(name);
    } catch (cause) {
      const isTaken = isNamed(cause, 'NoModificationAllowedError');
      if (!isTaken || tries === OPFS_NAMINGS_MAX) throw cause;
      await new Promise((resolve) => setTimeout(resolve, OPFS_NAMING_MS));
    }
  }
}

async function asOutcome<T>(run: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await run();
  } catch (cause) {
    return opfsFailure(cause);
  }
}

/** What the browser's storage said, as a failure. */
function opfsFailure(cause: unknown): Failed {
  const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return isNamed(cause, 'QuotaExceededError') ? storageFull(detail) : storageFailed(detail);
}
