import type { BlockStore } from '../../data/index.ts';
import type { FileBlocks } from '../../data/node.ts';
import type { ContentId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/outcome.ts';

/**
 * The blocks of all members, with copies in files of this one's for what is read again.
 *
 * What is put is in the database before it is acknowledged. A copy that cannot be kept or is
 * damaged costs time and nothing else.
 */
export function sharedBlocks(stores: {
  readonly shared: BlockStore;
  readonly copies: FileBlocks;
}): FileBlocks {
  const { shared, copies } = stores;
  // Reads of one block at the same time are one.
  const fetches = new Map<ContentId, Promise<Outcome<Uint8Array>>>();

  const fetchBlock = async (id: ContentId): Promise<Outcome<Uint8Array>> => {
    const found = await shared.get(id);
    if (found.ok) await copies.put(id, found.value);
    return found;
  };

  const getInto: FileBlocks['getInto'] = async (id, room, options) => {
    const copy = await copies.getInto(id, room, options);
    if (copy.ok || copy.failure.code === 'canceled') return copy;
    const running = fetches.get(id);
    if (running !== undefined) return running;
    const fetch = fetchBlock(id).finally(() => fetches.delete(id));
    fetches.set(id, fetch);
    return fetch;
  };

  return {
    getInto,
    get: (id, options) => getInto(id, new Uint8Array(0), options),
    has: (id) => shared.has(id),
    async put(id, bytes) {
      const own = new Uint8Array(bytes);
      const kept = await shared.put(id, own);
      if (kept.ok) await copies.put(id, own);
      return kept;
    },
  };
}
