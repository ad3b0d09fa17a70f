import { describe, expect, it } from 'vitest';
import { leafIdOf } from '../integrity/index.ts';
import { BLOCK_STORE_FACTS, patterned, runBlockStoreContract } from './block-store.contract.ts';
import type { BlockStore } from './block-store.ts';
import { memoryBlocks } from './memory-blocks.ts';

describe('memory blocks', () => {
  it.each(BLOCK_STORE_FACTS)('$fact', async ({ keeps }) => {
    await keeps(memoryBlocks({ bytesMax: Infinity }));
  });

  it('keep an array itself, verified by its source and never written to', async () => {
    const store = memoryBlocks({ bytesMax: 3000 });
    const bytes = patterned(1000);
    const id = await leafIdOf(bytes);
    await store.keep(id, bytes);
    const got = await store.get(id);
    expect(got.ok && got.value).toBe(bytes);
  });

  it('forget the least recently used beyond their limit', async () => {
    const store = memoryBlocks({ bytesMax: 3000 });
    const blocks = [1000, 999, 998, 997].map(patterned);
    const ids = await Promise.all(blocks.map(leafIdOf));
    const put = async (index: number): Promise<void> => {
      await store.put(ids[index]!, blocks[index]!); // Index is below four.
    };
    for (const index of [0, 1, 2]) await put(index);
    await store.get(ids[0]!); // There are four.
    await put(3);
    const held = await Promise.all(ids.map((id) => store.has(id)));
    expect(held).toEqual([true, false, true, true]);
  });
});

describe('the block store contract', () => {
  it('finds a store that gives out other bytes, loses blocks or keeps the caller’s array', async () => {
    const sound = (): BlockStore => memoryBlocks({ bytesMax: Infinity });
    const broken: Record<string, () => BlockStore> = {
      other: () => ({ ...sound(), get: async () => ({ ok: true, value: patterned(3) }) }),
      lossy: () => ({ ...sound(), put: async () => ({ ok: true, value: undefined }) }),
      forgetful: () => memoryBlocks({ bytesMax: 10_000 }),
      unverified: () => {
        const held = new Map<string, Uint8Array>();
        const store = sound();
        return {
          has: async (id) => held.has(id),
          get: async (id) => {
            const value = held.get(id);
            return value === undefined ? store.get(id) : { ok: true, value };
          },
          put: async (id, bytes) => {
            held.set(id, bytes);
            return { ok: true, value: undefined };
          },
        };
      },
    };
    for (const make of Object.values(broken)) {
      const found = await runBlockStoreContract(async () => ({
        store: make(),
        close: async () => {},
      }));
      expect(found).not.toEqual([]);
    }
    const control = await runBlockStoreContract(async () => ({
      store: sound(),
      close: async () => {},
    }));
    expect(control).toEqual([]);
  });
});
