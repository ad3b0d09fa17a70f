import { succeed } from '../domain/outcome.ts';
import { verifyBlock } from '../integrity/index.ts';
import { blockUnknown, canceled } from './block-failure.ts';
import type { BlockCache, BlockStore } from './block-store.ts';

/**
 * Blocks in memory: the least recently used go when all together exceed `bytesMax`.
 *
 * A native agent's cache; with `bytesMax: Infinity` a store that forgets nothing.
 */
export function memoryBlocks(options: { readonly bytesMax: number }): BlockStore & BlockCache {
  // A Map keeps insertion order: the first is the least recently used.
  const blocks = new Map<string, Uint8Array>();
  let heldBytes = 0;

  const evictAbove = (bytesMax: number): void => {
    for (const [id, bytes] of blocks) {
      if (heldBytes <= bytesMax) return;
      blocks.delete(id);
      heldBytes -= bytes.byteLength;
    }
  };

  const hold = (id: string, bytes: Uint8Array): void => {
    if (blocks.has(id)) return;
    blocks.set(id, bytes);
    heldBytes += bytes.byteLength;
    evictAbove(options.bytesMax);
  };

  return {
    has: async (id) => blocks.has(id),
    async get(id, { signal } = {}) {
      if (signal?.aborted === true) return canceled(`reading block ${id}`);
      const bytes = blocks.get(id);
      if (bytes === undefined) return blockUnknown(id, 'in memory');
      blocks.delete(id);
      blocks.set(id, bytes);
      return succeed(bytes);
    },
    async put(id, bytes) {
      const copy = new Uint8Array(bytes);
      const verified = await verifyBlock(id, copy);
      if (verified.ok) hold(id, copy);
      return verified;
    },
    async keep(id, bytes) {
      hold(id, bytes);
      return succeed(undefined);
    },
  };
}
