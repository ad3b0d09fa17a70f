import { expect, it } from 'vitest';
import { memoryBlocks, type BlockStore } from '../../data/index.ts';
import type { ContentId } from '../../domain/ids.ts';
import { describeBlob } from '../../integrity/index.ts';
import { tieredBlocks } from './tiered-blocks.ts';

async function block(text: string): Promise<{ id: ContentId; bytes: Uint8Array }> {
  const bytes = new TextEncoder().encode(text);
  return { id: (await describeBlob(bytes)).ref.blob, bytes };
}

/** Settles once a store holds a block. */
async function untilHeld(store: BlockStore, id: ContentId): Promise<void> {
  while (!(await store.has(id))) await new Promise((resolve) => setTimeout(resolve, 1));
}

it('serves what was kept before the slow tier is open', async () => {
  const { id, bytes } = await block('one');
  const tiers = tieredBlocks({
    fast: memoryBlocks({ bytesMax: 100 }),
    slow: new Promise(() => {}),
  });
  expect(await tiers.keep(id, bytes)).toMatchObject({ ok: true });
  expect(await tiers.get(id)).toEqual({ ok: true, value: bytes });
});

it('keeps in the slow tier what the fast one forgets', async () => {
  const { id, bytes } = await block('two');
  const slow = memoryBlocks({ bytesMax: 100 });
  const tiers = tieredBlocks({ fast: memoryBlocks({ bytesMax: 0 }), slow: Promise.resolve(slow) });
  await tiers.keep(id, bytes);
  await untilHeld(slow, id);
  expect(await tiers.get(id)).toEqual({ ok: true, value: bytes });
});

it('finds in the slow tier what the fast one lacks, and has it near from then on', async () => {
  const { id, bytes } = await block('three');
  const [fast, slow] = [memoryBlocks({ bytesMax: 100 }), memoryBlocks({ bytesMax: 100 })];
  await slow.put(id, bytes);
  await tieredBlocks({ fast, slow: Promise.resolve(slow) }).get(id);
  expect(await fast.has(id)).toBe(true);
});
