import type { BlockStore } from '../../data/index.ts';

/** A store that is still being opened: joining does not wait for it, the first read does. */
export function lateBlocks(opening: Promise<BlockStore>): BlockStore {
  return {
    has: async (id) => (await opening).has(id),
    get: async (id, options) => (await opening).get(id, options),
    put: async (id, bytes) => (await opening).put(id, bytes),
  };
}
