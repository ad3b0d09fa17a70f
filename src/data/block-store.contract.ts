import { LEAF_BYTES, MANIFEST_BYTES_MAX } from '../domain/limits.ts';
import { describeBlob, equalBytes, leafIdOf } from '../integrity/index.ts';
import type { BlockStore } from './block-store.ts';

/** A new, empty store for one fact, and how to leave nothing of it behind. */
export type StoreUnderTest = { readonly store: BlockStore; readonly close: () => Promise<void> };

/** One fact about every adapter; `keeps` throws where it does not hold. */
export type StoreFact = {
  readonly fact: string;
  readonly keeps: (store: BlockStore) => Promise<void>;
};

/**
 * What every adapter of `BlockStore` keeps.
 *
 * Free of any test runner, so that a browser's page or worker can run it as well.
 */
export const BLOCK_STORE_FACTS: readonly StoreFact[] = [
  {
    fact: 'gives back the bytes that were put, of every size',
    async keeps(store) {
      for (const size of [0, 1, 1000, LEAF_BYTES - 1, LEAF_BYTES]) {
        const bytes = patterned(size);
        const id = await leafIdOf(bytes);
        demand((await store.put(id, bytes)).ok, `put of ${size} bytes succeeds`);
        demand(await store.has(id), `has ${size} bytes`);
        const got = await store.get(id);
        demand(got.ok && equalBytes(got.value, bytes), `get of ${size} bytes gives them`);
      }
    },
  },
  {
    fact: 'keeps manifests, which may be larger than leaves',
    async keeps(store) {
      const { manifest } = await describeBlob(patterned(3 * LEAF_BYTES));
      demand(manifest !== null, 'three leaves make a manifest');
      demand((await store.put(manifest.id, manifest.bytes)).ok, 'put succeeds');
      const got = await store.get(manifest.id);
      demand(got.ok && equalBytes(got.value, manifest.bytes), 'get gives the manifest');
    },
  },
  {
    fact: 'says block_unknown for a block that was never put',
    async keeps(store) {
      const id = await leafIdOf(patterned(10));
      demand(!(await store.has(id)), 'has it not');
      demand(codeOf(await store.get(id)) === 'block_unknown', 'get fails with block_unknown');
    },
  },
  {
    fact: 'refuses bytes that do not hash to the id, and keeps none of them',
    async keeps(store) {
      const id = await leafIdOf(patterned(10));
      demand(codeOf(await store.put(id, patterned(11))) === 'bytes_mismatch', 'put fails');
      demand(!(await store.has(id)), 'has it not');
      demand(codeOf(await store.get(id)) === 'block_unknown', 'get fails with block_unknown');
    },
  },
  {
    fact: 'refuses blocks above the limit of their kind',
    async keeps(store) {
      const leaf = await leafIdOf(patterned(10));
      const { manifest } = await describeBlob(patterned(2 * LEAF_BYTES));
      demand(manifest !== null, 'two leaves make a manifest');
      const long = await store.put(leaf, new Uint8Array(LEAF_BYTES + 1));
      demand(codeOf(long) === 'limit_exceeded', 'a leaf too long is refused');
      const longer = await store.put(manifest.id, new Uint8Array(MANIFEST_BYTES_MAX + 1));
      demand(codeOf(longer) === 'limit_exceeded', 'a manifest too long is refused');
    },
  },
  {
    fact: 'takes a block again without harm',
    async keeps(store) {
      const bytes = patterned(5000);
      const id = await leafIdOf(bytes);
      for (let turn = 0; turn < 3; turn++) demand((await store.put(id, bytes)).ok, 'put succeeds');
      const got = await store.get(id);
      demand(got.ok && equalBytes(got.value, bytes), 'get gives the bytes');
    },
  },
  {
    fact: 'lets the caller reuse the array after a put',
    async keeps(store) {
      const bytes = patterned(5000);
      const id = await leafIdOf(bytes);
      demand((await store.put(id, bytes)).ok, 'put succeeds');
      bytes.fill(0);
      const got = await store.get(id);
      demand(got.ok && equalBytes(got.value, patterned(5000)), 'get gives what was put');
    },
  },
  {
    fact: 'keeps a part of a larger array',
    async keeps(store) {
      const bytes = patterned(5000).subarray(1000, 2000);
      const id = await leafIdOf(bytes);
      demand((await store.put(id, bytes)).ok, 'put succeeds');
      const got = await store.get(id);
      demand(got.ok && equalBytes(got.value, bytes), 'get gives the part');
    },
  },
  {
    fact: 'takes many blocks, and one block many times, at once',
    async keeps(store) {
      const blocks = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const bytes = patterned(3000 + (index % 20));
          return { id: await leafIdOf(bytes), bytes };
        }),
      );
      const puts = await Promise.all(blocks.map(({ id, bytes }) => store.put(id, bytes)));
      demand(
        puts.every((put) => put.ok),
        'every put succeeds',
      );
      for (const { id, bytes } of blocks) {
        const got = await store.get(id);
        demand(got.ok && equalBytes(got.value, bytes), 'every get gives its bytes');
      }
    },
  },
  {
    fact: 'says canceled to a get whose signal is aborted',
    async keeps(store) {
      const bytes = patterned(10);
      const id = await leafIdOf(bytes);
      demand((await store.put(id, bytes)).ok, 'put succeeds');
      const got = await store.get(id, { signal: AbortSignal.abort() });
      demand(codeOf(got) === 'canceled', 'get fails with canceled');
      demand((await store.get(id)).ok, 'a get without a signal succeeds');
    },
  },
];

/** What a store that others can damage keeps: `damage` changes a held block's stored bytes. */
export function damageFact(damage: (id: string) => Promise<void>): StoreFact {
  return {
    fact: 'never gives out a damaged block, removes it, and can take it again',
    async keeps(store) {
      const bytes = patterned(7000);
      const id = await leafIdOf(bytes);
      demand((await store.put(id, bytes)).ok, 'put succeeds');
      await damage(id);
      demand(codeOf(await store.get(id)) === 'bytes_mismatch', 'get says bytes_mismatch');
      demand(codeOf(await store.get(id)) === 'block_unknown', 'then block_unknown');
      demand(!(await store.has(id)), 'has it no more');
      demand((await store.put(id, bytes)).ok, 'put succeeds again');
      await damage(id);
      demand((await store.put(id, bytes)).ok, 'put over a damaged one succeeds');
      const got = await store.get(id);
      demand(got.ok && equalBytes(got.value, bytes), 'get gives the bytes again');
    },
  };
}

/**
 * Checks every fact against a store of its own and gives those that do not hold, with why.
 *
 * For a browser: an empty array is a pass.
 */
export async function runBlockStoreContract(
  make: () => Promise<StoreUnderTest>,
  facts: readonly StoreFact[] = BLOCK_STORE_FACTS,
): Promise<string[]> {
  const broken: string[] = [];
  for (const { fact, keeps } of facts) {
    const { store, close } = await make();
    try {
      await keeps(store);
    } catch (cause) {
      broken.push(`${fact}: ${cause instanceof Error ? cause.message : String(cause)}`);
    } finally {
      await close();
    }
  }
  return broken;
}

/** Bytes that differ by size and from place to place. */
export function patterned(byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  for (let index = 0; index < byteLength; index++) {
    bytes[index] = (index * 31 + (index >> 8) + (index >> 16) * 7 + byteLength) & 255;
  }
  return bytes;
}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not so: ${what}`);
}

function codeOf(outcome: { ok: boolean; failure?: { code: string } }): string | null {
  return outcome.failure?.code ?? null;
}
