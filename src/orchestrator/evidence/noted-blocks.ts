import type { BlockSource } from '../../data/index.ts';
import type { ContentId } from '../../domain/ids.ts';

/** A source that notes what it gave, but for the ids that are not to be kept. */
export type NotedBlocks = {
  readonly source: BlockSource;
  readonly given: ReadonlyMap<ContentId, Uint8Array>;
  /** Whether a block was given that is not kept. */
  readonly gaveOthers: () => boolean;
};

export function notedBlocks(
  source: BlockSource,
  isLeftOut: (id: ContentId) => boolean,
): NotedBlocks {
  const given = new Map<ContentId, Uint8Array>();
  let others = false;
  return {
    given,
    gaveOthers: () => others,
    source: {
      async get(id, options) {
        const block = await source.get(id, options);
        if (!block.ok) return block;
        if (isLeftOut(id)) others = true;
        else given.set(id, block.value);
        return block;
      },
    },
  };
}
