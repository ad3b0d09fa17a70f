import type { BlockCache, BlockStore } from '../../data/index.ts';

// Blocks on their way to the slow tier; what comes beyond is not kept there. Count.
const WRITES_MAX = 256;

/**
 * A fast store, small and gone with the tab, before a slow one that lasts and is still being
 * opened: neither joining nor a task waits for a file to be written.
 */
export function tieredBlocks(of: {
  readonly fast: BlockCache;
  readonly slow: Promise<BlockStore>;
}): BlockCache {
  const { fast } = of;
  let writes = 0;
  let lastWrite: Promise<unknown> = Promise.resolve();
  return {
    async get(id, options) {
      const near = await fast.get(id, options);
      if (near.ok) return near;
      const far = await (await of.slow).get(id, options);
      if (far.ok) await fast.keep(id, far.value);
      return far;
    },
    async keep(id, bytes) {
      const kept = await fast.keep(id, bytes);
      if (!kept.ok || writes >= WRITES_MAX) return kept;
      writes += 1;
      // A write that fails costs a fetch some day.
      lastWrite = lastWrite
        .then(async () => (await of.slow).put(id, bytes))
        .finally(() => (writes -= 1));
      return kept;
    },
  };
}
