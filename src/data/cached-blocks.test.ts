import { describe, expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import { leafIdOf } from '../integrity/index.ts';
import { BLOCK_STORE_FACTS, patterned } from './block-store.contract.ts';
import type { BlockCache, BlockSource, BlockStore } from './block-store.ts';
import { cachedBlocks } from './cached-blocks.ts';
import { memoryBlocks } from './memory-blocks.ts';

const bytes = patterned(1000);
const id = await leafIdOf(bytes);
const memory = (): BlockStore & BlockCache => memoryBlocks({ bytesMax: Infinity });

/** A source that answers when told to, and counts its calls and aborts. */
function heldBack(): {
  source: BlockSource;
  answer: (outcome: Outcome<Uint8Array>) => void;
  calls(): number;
  aborts(): number;
} {
  let calls = 0;
  let aborts = 0;
  let resolve: (outcome: Outcome<Uint8Array>) => void = () => undefined;
  return {
    source: {
      get(_, { signal } = {}) {
        calls += 1;
        return new Promise((settle) => {
          resolve = settle;
          signal?.addEventListener('abort', () => {
            aborts += 1;
            settle(fail(failure('canceled', 'the fetch was aborted')));
          });
        });
      },
    },
    answer: (outcome) => resolve(outcome),
    calls: () => calls,
    aborts: () => aborts,
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('cached blocks', () => {
  it.each(BLOCK_STORE_FACTS)('in front of a store: $fact', async ({ keeps }) => {
    const source = memory();
    await keeps({ ...source, get: cachedBlocks({ cache: memory(), source }).get });
  });

  it('ask the source once and the cache from then on', async () => {
    const { source, answer, calls } = heldBack();
    const cached = cachedBlocks({ cache: memory(), source });
    const first = cached.get(id);
    await turn();
    answer({ ok: true, value: bytes });
    expect(await first).toEqual({ ok: true, value: bytes });
    expect(await cached.get(id)).toEqual({ ok: true, value: bytes });
    expect(calls()).toBe(1);
  });

  it('share one fetch among gets at the same time', async () => {
    const { source, answer, calls } = heldBack();
    const cached = cachedBlocks({ cache: memory(), source });
    const gets = Array.from({ length: 20 }, () => cached.get(id));
    await turn();
    answer({ ok: true, value: bytes });
    for (const outcome of await Promise.all(gets))
      expect(outcome).toEqual({ ok: true, value: bytes });
    expect(calls()).toBe(1);
  });

  it('go on fetching for the others when one gives up', async () => {
    const { source, answer, aborts } = heldBack();
    const cached = cachedBlocks({ cache: memory(), source });
    const abort = new AbortController();
    const impatient = cached.get(id, { signal: abort.signal });
    const patient = cached.get(id);
    await turn();
    abort.abort();
    expect(await impatient).toMatchObject({ ok: false, failure: { code: 'canceled' } });
    expect(aborts()).toBe(0);
    answer({ ok: true, value: bytes });
    expect(await patient).toEqual({ ok: true, value: bytes });
  });

  it('abort the fetch when the last gives up, and fetch anew for the next', async () => {
    const { source, answer, calls, aborts } = heldBack();
    const cached = cachedBlocks({ cache: memory(), source });
    const abort = new AbortController();
    const gets = [1, 2].map(() => cached.get(id, { signal: abort.signal }));
    await turn();
    abort.abort();
    for (const outcome of await Promise.all(gets)) {
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'canceled' } });
    }
    expect([calls(), aborts()]).toEqual([1, 1]);
    const next = cached.get(id);
    await turn();
    answer({ ok: true, value: bytes });
    expect(await next).toEqual({ ok: true, value: bytes });
    expect(calls()).toBe(2);
  });

  it('do not remember a failure', async () => {
    const { source, answer, calls } = heldBack();
    const cached = cachedBlocks({ cache: memory(), source });
    const first = cached.get(id);
    await turn();
    answer(fail(failure('unavailable', 'not now')));
    expect(await first).toMatchObject({ ok: false, failure: { code: 'unavailable' } });
    const second = cached.get(id);
    await turn();
    answer({ ok: true, value: bytes });
    expect(await second).toEqual({ ok: true, value: bytes });
    expect(calls()).toBe(2);
  });

  it('answer from the source where the cache is full or broken', async () => {
    const source = memory();
    await source.put(id, bytes);
    const refuse = (code: 'storage_full' | 'storage_failed' | 'bytes_mismatch') => async () =>
      fail(failure(code, 'not here'));
    for (const cache of [
      { ...memory(), keep: refuse('storage_full') },
      { ...memory(), get: refuse('storage_failed'), keep: refuse('storage_failed') },
      { ...memory(), get: refuse('bytes_mismatch') },
    ]) {
      expect(await cachedBlocks({ cache, source }).get(id)).toEqual({ ok: true, value: bytes });
    }
  });
});
