import { MANIFEST_BYTES_MAX } from '../domain/limits.ts';
import type { Outcome } from '../domain/outcome.ts';
import { leafIdOf, type Block } from '../integrity/index.ts';
import {
  BLOCK_STORE_FACTS,
  damageFact,
  patterned,
  runBlockStoreContract,
  type StoreFact,
} from './block-store.contract.ts';
import type { BlockStore } from './block-store.ts';
import { openOpfsBlocks } from './opfs-blocks.ts';

const FOLDER = 'contract';

// What may be done to a stored block behind the cache's back.
const DAMAGES: readonly ((file: FileSystemWritableFileStream) => Promise<void>)[] = [
  (file) => file.truncate(50),
  (file) => file.truncate(0),
  (file) => file.write({ type: 'write', position: 100, data: new Uint8Array([1, 2, 3]) }),
  (file) => file.truncate(MANIFEST_BYTES_MAX + 1),
];

const OPFS_FACTS: readonly StoreFact[] = [
  {
    fact: 'removes the least recently used beyond its limit, and says so of a block too large',
    async keeps() {
      const store = await open(1_000_000);
      const blocks = await Promise.all(Array.from({ length: 11 }, (_, index) => block(index)));
      for (const { id, bytes } of blocks.slice(0, 10)) must(await store.put(id, bytes));
      must(await store.get(blocks[0]!.id)); // There are eleven.
      must(await store.put(blocks[10]!.id, blocks[10]!.bytes));
      const holds = await Promise.all(blocks.map(({ id }) => store.has(id)));
      demand(holds[0] === true && holds[10] === true, 'keeps what was used last');
      demand(holds[1] === false, 'removes what was used longest ago');
      demand((await storedBytes()) <= 1_000_000, 'stays within its limit');
      const tiny = await (await open(10)).put(blocks[1]!.id, blocks[1]!.bytes);
      demand(!tiny.ok && tiny.failure.code === 'storage_full', 'says storage_full');
    },
  },
  {
    fact: 'is shared by several openers at once',
    async keeps() {
      const [one, other] = [await open(1e9), await open(1e9)];
      const blocks = await Promise.all(Array.from({ length: 10 }, (_, index) => block(index)));
      const puts = blocks.flatMap(({ id, bytes }) => [one.put(id, bytes), other.put(id, bytes)]);
      for (const put of await Promise.all(puts)) must(put);
      for (const { id } of blocks) {
        must(await one.get(id));
        must(await other.get(id));
      }
    },
  },
];

/**
 * Checks the OPFS cache in the page or worker that calls it, and gives the facts that do not hold.
 *
 * For a browser test: an empty array is a pass. Uses a folder of its own.
 */
export async function runOpfsContract(): Promise<string[]> {
  const facts = [...BLOCK_STORE_FACTS, ...DAMAGES.map((how) => damageFact(damageBy(how)))];
  const close = async (): Promise<void> => {
    await (await navigator.storage.getDirectory()).removeEntry(FOLDER, { recursive: true });
  };
  const make = async (): Promise<{ store: BlockStore; close: () => Promise<void> }> => {
    return { store: await open(1e9), close };
  };
  return runBlockStoreContract(make, [...facts, ...OPFS_FACTS]);
}

async function open(bytesMax: number): Promise<BlockStore> {
  return must(await openOpfsBlocks({ folder: FOLDER, bytesMax }));
}

async function folderHandle(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER);
}

function damageBy(how: (file: FileSystemWritableFileStream) => Promise<void>) {
  return async (id: string): Promise<void> => {
    const handle = await (await folderHandle()).getFileHandle(id);
    const file = await handle.createWritable({ keepExistingData: true });
    await how(file);
    await file.close();
  };
}

async function storedBytes(): Promise<number> {
  let bytes = 0;
  for await (const handle of (await folderHandle()).values()) {
    // The cache makes no folders in its folder.
    bytes += (await (handle as FileSystemFileHandle).getFile()).size;
  }
  return bytes;
}

async function block(index: number): Promise<Block> {
  const bytes = patterned(100_000 - index);
  return { id: await leafIdOf(bytes), bytes };
}

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
