import { parseContentId } from '../domain/ids.ts';

/** What an OPFS cache holds, least recently used first, and how it stays within its limit. */
export type OpfsUsage = {
  /** Learns what is in the folder, other tabs' blocks too; removes what dead tabs left behind. */
  scan(): Promise<void>;
  /** A block was written or read just now. */
  touch(name: string, byteLength: number): void;
  /** A block is no longer there. */
  forget(name: string): void;
  remove(name: string): Promise<void>;
  /** Evicts until so many more bytes fit; false where they never can. */
  makeRoom(byteLength: number): Promise<boolean>;
  /** Evicts half of what is held. */
  halve(): Promise<void>;
};

/** In the names of files that are being written. */
export const UNFINISHED = '.part';

// A file that is not finished after so long was left by a tab that is gone. Milliseconds.
const UNFINISHED_MS_MAX = 600_000;
// Eviction goes on to this share of the limit, so that not every put has to evict.
const LOW_WATER = 0.9;

/** Whether an exception of a browser's API has this name. */
export function isNamed(cause: unknown, name: string): boolean {
  return cause instanceof Error && cause.name === name;
}

/** Follows the use of a folder of blocks. */
export function opfsUsage(options: {
  readonly folder: FileSystemDirectoryHandle;
  readonly bytesMax: number;
}): OpfsUsage {
  const { folder, bytesMax } = options;
  // A Map keeps insertion order: the first is the least recently used.
  const held = new Map<string, number>();
  let heldBytes = 0;

  const forget = (name: string): void => {
    heldBytes -= held.get(name) ?? 0;
    held.delete(name);
  };
  const touch = (name: string, byteLength: number): void => {
    forget(name);
    held.set(name, byteLength);
    heldBytes += byteLength;
  };
  const remove = async (name: string): Promise<void> => {
    forget(name);
    // Another tab may have removed it, or be writing it: then that tab accounts for it.
    await folder.removeEntry(name).catch(() => undefined);
  };
  const evictTo = async (targetBytes: number): Promise<void> => {
    for (const name of held.keys()) {
      if (heldBytes <= targetBytes) return;
      await remove(name);
    }
  };
  const scan = async (): Promise<void> => {
    const found = await listBlocks(folder);
    const known = new Set(held.keys());
    held.clear();
    heldBytes = 0;
    // What this tab has not used counts as used when it was written, before all it has used.
    for (const [name, file] of found) if (!known.has(name)) touch(name, file.size);
    for (const name of known) {
      const file = found.get(name);
      if (file !== undefined) touch(name, file.size);
    }
  };
  return {
    scan,
    touch,
    forget,
    remove,
    async makeRoom(byteLength) {
      if (byteLength > bytesMax) return false;
      if (heldBytes + byteLength <= bytesMax) return true;
      await scan();
      if (heldBytes + byteLength > bytesMax) await evictTo(bytesMax * LOW_WATER - byteLength);
      return true;
    },
    halve: () => evictTo(heldBytes / 2),
  };
}

/** The folder's blocks, oldest first; on the way removes unfinished files of tabs long gone. */
async function listBlocks(folder: FileSystemDirectoryHandle): Promise<Map<string, File>> {
  const files: (readonly [string, File])[] = [];
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== 'file') continue;
    // `kind` tells a file's handle from a folder's; the declarations do not narrow by it.
    const file = await (handle as FileSystemFileHandle).getFile().catch(() => null);
    if (file === null) continue;
    if (parseContentId(name).ok) files.push([name, file]);
    const ageMs = Date.now() - file.lastModified;
    if (name.includes(UNFINISHED) && ageMs > UNFINISHED_MS_MAX) {
      await folder.removeEntry(name).catch(() => undefined);
    }
  }
  return new Map(files.toSorted((a, b) => a[1].lastModified - b[1].lastModified));
}
