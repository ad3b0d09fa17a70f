import type { BlockStore } from '../../data/index.ts';

// Blocks on their way to the slow tier; what comes beyond is not kept there. Count.
const WRITES_MAX = 256;

/**
 * A fast store, small and gone with the tab, before a slow one that lasts and is still being
 * opened: neither joining nor a task waits for a file to be written.
 */
export function tieredBlocks(of: {
  readonly fast: BlockStore;
  readonly slow: Promise<BlockStore>;
}): BlockStore {
  const { fast } = of;
  let writes = 0;
  let lastWrite: Promise<unknown> = Promise.resolve();
  return {
    has: async (id) => (await fast.has(id)) || (await of.slow).has(id),
    async get(id, options) {
      const near = await fast.get(id, options);
      if (near.ok) return near;
      const far = await (await of.slow).get(id, options);
      if (far.ok) await fast.put(id, far.value);
      return far;
    },
    async put(id, bytes) {
      const kept = await fast.put(id, bytes);
      if (!kept.ok || writes >= WRITES_MAX) return kept;
      writes += 1;
      // Own bytes: the caller may reuse its array. A write that fails costs a fetch some day.
      const own = bytes.slice();
      lastWrite = lastWrite
        .then(async () => (await of.slow).put(id, own))
        .finally(() => (writes -= 1));
      return kept;
    },
  };
}
