import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure, FailureError } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { BLOCK_READS_MAX, LEAF_BYTES } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { growingScratch } from '../domain/scratch.ts';
import {
  blobIdFrom,
  describeBlob,
  digestOf,
  encodeManifest,
  equalBytes,
  leafIdOf,
  manifestIdOf,
} from '../integrity/index.ts';
import { openBlob, readBlobTo, readSlice, viewSlice, type OpenBlob } from './blob-reader.ts';
import { writeBlob } from './blob-writer.ts';
import { patterned } from './block-store.contract.ts';
import { sinkOf, type BlockSource, type BlockStore } from './block-store.ts';
import { memoryBlocks } from './memory-blocks.ts';

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const memory = (): BlockStore => memoryBlocks({ bytesMax: Infinity });

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
    yield bytes.subarray(at, at + pieceBytes);
  }
}

/** A store that holds this blob, and the blob opened from it. */
async function held(bytes: Uint8Array): Promise<{ store: BlockStore; blob: OpenBlob }> {
  const store = memory();
  const ref = must(await writeBlob(sinkOf(store), inPieces(bytes, 100_000)));
  return { store, blob: must(await openBlob(store, ref)) };
}

/** Counts gets, and how many run at once. */
function watched(source: BlockSource): { source: BlockSource; ids: ContentId[]; peak(): number } {
  const ids: ContentId[] = [];
  let running = 0;
  let peak = 0;
  const get: BlockSource['get'] = async (id, options) => {
    ids.push(id);
    running += 1;
    peak = Math.max(peak, running);
    await new Promise((resolve) => setImmediate(resolve));
    const outcome = await source.get(id, options);
    running -= 1;
    return outcome;
  };
  return { source: { get }, ids, peak: () => peak };
}

const large = patterned(20 * LEAF_BYTES + 12_345);
const code = (failureCode: string): object => ({ ok: false, failure: { code: failureCode } });

describe('writeBlob', () => {
  it.each([0, 1, LEAF_BYTES, LEAF_BYTES + 1, 9 * LEAF_BYTES])(
    'gives %i bytes the id that describeBlob gives them, and holds all their blocks',
    async (size) => {
      const bytes = patterned(size);
      const { store, blob } = await held(bytes);
      expect(blob.ref).toEqual((await describeBlob(bytes)).ref);
      const read = must(await readSlice(store, { blob, byteOffset: 0, byteLength: size }));
      expect(equalBytes(read, bytes)).toBe(true);
    },
  );

  it('puts only what the sink misses, the manifest last', async () => {
    const { ref, manifest } = await describeBlob(large);
    const store = memory();
    const first = large.subarray(0, LEAF_BYTES);
    await store.put(await leafIdOf(first), first);
    const puts: ContentId[] = [];
    const asked: number[] = [];
    const sink = {
      async missing(ids: readonly ContentId[]) {
        asked.push(ids.length);
        const holds = await Promise.all(ids.map((id) => store.has(id)));
        return succeed(ids.filter((_, index) => holds[index] === false));
      },
      async put(id: ContentId, bytes: Uint8Array) {
        puts.push(id);
        return store.put(id, bytes);
      },
    };
    expect(must(await writeBlob(sink, inPieces(large, 77_777)))).toEqual(ref);
    expect(puts.length).toBe(20 + 1);
    expect(puts.at(-1)).toBe(manifest?.id);
    expect(Math.max(...asked)).toBeLessThanOrEqual(BLOCK_READS_MAX);
    puts.length = 0;
    expect(must(await writeBlob(sink, inPieces(large, 77_777)))).toEqual(ref);
    expect(puts).toEqual([]);
  });

  it('puts a leaf that occurs many times once a batch', async () => {
    const zeros = new Uint8Array(8 * LEAF_BYTES);
    const { store, blob } = await held(zeros);
    const read = await readSlice(store, { blob, byteOffset: 5, byteLength: 7 * LEAF_BYTES });
    expect(equalBytes(must(read), new Uint8Array(7 * LEAF_BYTES))).toBe(true);
  });

  it('sends nothing that was not offered, whatever the sink asks for', async () => {
    const stranger = await leafIdOf(patterned(3));
    const puts: ContentId[] = [];
    const sink = {
      missing: async () => succeed([stranger]),
      put: async (id: ContentId) => {
        puts.push(id);
        return succeed(undefined);
      },
    };
    must(await writeBlob(sink, inPieces(patterned(10), 10)));
    expect(puts).toEqual([]);
  });

  it('tells the progress up to the last byte', async () => {
    const seen: number[] = [];
    const onProgress = (doneBytes: number): void => void seen.push(doneBytes);
    must(await writeBlob(sinkOf(memory()), inPieces(large, 50_000), { onProgress }));
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(large.byteLength);
  });

  it('ends with the failure of the sink, and gives no id', async () => {
    const full = { ...memory(), put: async () => fail(failure('storage_full', 'no room')) };
    expect(await writeBlob(sinkOf(full), inPieces(large, 50_000))).toMatchObject(
      code('storage_full'),
    );
  });

  it('ends with the failure that its source throws, and passes other errors on', async () => {
    // oxlint-disable-next-line require-yield
    async function* broken(cause: Error): AsyncGenerator<Uint8Array> {
      throw cause;
    }
    const expected = new FailureError(failure('unavailable', 'the file went away'));
    expect(await writeBlob(sinkOf(memory()), broken(expected))).toMatchObject(code('unavailable'));
    await expect(writeBlob(sinkOf(memory()), broken(new Error('a bug')))).rejects.toThrow('a bug');
  });

  it('says canceled when the caller gives up, even a source without end', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield large;
    }
    const abort = new AbortController();
    const outcome = writeBlob(sinkOf(memory()), endless(), {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    expect(await outcome).toMatchObject(code('canceled'));
  });
});

describe('openBlob', () => {
  it('opens a blob by its id alone', async () => {
    for (const size of [0, 100, LEAF_BYTES + 1]) {
      const { store, blob } = await held(patterned(size));
      const opened = must(await openBlob(store, { blob: blob.ref.blob }));
      expect(opened.ref).toEqual({ blob: blob.ref.blob, byteLength: size });
    }
  });

  it('refuses another size than the true one', async () => {
    for (const size of [100, LEAF_BYTES + 1]) {
      const { store, blob } = await held(patterned(size));
      const claimed = { blob: blob.ref.blob, byteLength: size + 1 };
      expect(await openBlob(store, claimed)).toMatchObject(code('input_invalid'));
    }
  });

  it('says block_unknown for a blob that is not held', async () => {
    const { ref } = await describeBlob(large);
    expect(await openBlob(memory(), ref)).toMatchObject(code('block_unknown'));
  });

  it('refuses a block that is no manifest though its id says so', async () => {
    const bytes = patterned(500);
    const id = await manifestIdOf(bytes);
    const store = memory();
    must(await store.put(id, bytes));
    expect(await openBlob(store, { blob: blobIdFrom(id) })).toMatchObject(code('input_malformed'));
  });
});

describe('viewSlice', () => {
  it('gives the block itself where one holds all of a slice, and one buffer where many do', async () => {
    const { store, blob } = await held(large);
    const { source } = watched(store);
    const into = growingScratch();
    const bound = fc.nat(large.byteLength);
    await fc.assert(
      fc.asyncProperty(bound, bound, async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const slice = { blob, byteOffset: start, byteLength: end - start, into };
        const read = must(await viewSlice(source, slice));
        expect(equalBytes(read, large.subarray(start, end))).toBe(true);
        const leaves = Math.ceil(end / LEAF_BYTES) - Math.floor(start / LEAF_BYTES);
        const isReused = read.buffer === into(0).buffer;
        expect(isReused).toBe(start === end || leaves > 1);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses slices outside the blob, of one leaf and of many', async () => {
    for (const size of [100, LEAF_BYTES + 1]) {
      const { store, blob } = await held(patterned(size));
      const slice = { blob, byteOffset: 1, byteLength: size };
      expect(await viewSlice(store, slice)).toMatchObject(code('input_invalid'));
    }
  });
});

describe('readSlice', () => {
  it('gives the bytes of any slice, and fetches each leaf of it once and no other', async () => {
    const { store, blob } = await held(large);
    const bound = fc.nat(large.byteLength);
    await fc.assert(
      fc.asyncProperty(bound, bound, async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const { source, ids } = watched(store);
        const slice = { blob, byteOffset: start, byteLength: end - start };
        const read = must(await readSlice(source, slice));
        expect(equalBytes(read, large.subarray(start, end))).toBe(true);
        const leaves = Math.ceil(end / LEAF_BYTES) - Math.floor(start / LEAF_BYTES);
        expect(ids.length).toBe(start === end ? 0 : leaves);
      }),
      { numRuns: 60 },
    );
  });

  it('fetches several leaves at once, and never more than the limit', async () => {
    const { store, blob } = await held(large);
    const { source, peak } = watched(store);
    must(await readSlice(source, { blob, byteOffset: 0, byteLength: large.byteLength }));
    expect(peak()).toBe(BLOCK_READS_MAX);
  });

  it('refuses slices outside the blob, of one leaf and of many', async () => {
    for (const size of [100, LEAF_BYTES + 1]) {
      const { store, blob } = await held(patterned(size));
      for (const slice of [
        { byteOffset: 0, byteLength: size + 1 },
        { byteOffset: -1, byteLength: 1 },
        { byteOffset: 1.5, byteLength: 1 },
      ]) {
        expect(await readSlice(store, { blob, ...slice })).toMatchObject(code('input_invalid'));
      }
    }
  });

  it('gives bytes of its own, so that a caller may write to them', async () => {
    const { store, blob } = await held(patterned(100));
    const slice = { blob, byteOffset: 0, byteLength: 100 };
    must(await readSlice(store, slice)).fill(0);
    expect(must(await readSlice(store, slice))).toEqual(patterned(100));
  });

  it('fails as the first leaf that cannot be had fails, and aborts the other fetches', async () => {
    const { store, blob } = await held(large);
    let aborted = 0;
    let calls = 0;
    const source: BlockSource = {
      get(id, { signal } = {}) {
        calls += 1;
        if (calls === 3) return Promise.resolve(fail(failure('unavailable', 'gone')));
        if (calls < 3) return store.get(id);
        return new Promise((resolve) => {
          signal?.addEventListener('abort', () => {
            aborted += 1;
            resolve(fail(failure('canceled', 'aborted')));
          });
        });
      },
    };
    const slice = { blob, byteOffset: 0, byteLength: large.byteLength };
    expect(await readSlice(source, slice)).toMatchObject(code('unavailable'));
    expect(calls).toBeLessThan(20);
    expect(aborted).toBeGreaterThan(0);
  });

  it('says canceled when the caller gives up', async () => {
    const { store, blob } = await held(large);
    const abort = new AbortController();
    const read = readSlice(
      store,
      { blob, byteOffset: 0, byteLength: large.byteLength },
      { signal: abort.signal, onProgress: () => abort.abort() },
    );
    expect(await read).toMatchObject(code('canceled'));
  });

  it('refuses a manifest that names a leaf of another size', async () => {
    const store = memory();
    const short = patterned(100);
    const digests = new Uint8Array(64);
    digests.set(await digestOf(short));
    digests.set(await digestOf(short), 32);
    const bytes = encodeManifest({ byteLength: LEAF_BYTES + 1, digests });
    const id = await manifestIdOf(bytes);
    must(await store.put(id, bytes));
    must(await store.put(await leafIdOf(short), short));
    const blob = must(await openBlob(store, { blob: blobIdFrom(id) }));
    expect(await readSlice(store, { blob, byteOffset: 0, byteLength: 10 })).toMatchObject(
      code('input_malformed'),
    );
  });

  it('tells the progress up to the last byte', async () => {
    const { store, blob } = await held(large);
    const seen: [number, number][] = [];
    const slice = { blob, byteOffset: 10, byteLength: 1_000_000 };
    const onProgress = (done: number, total: number): void => void seen.push([done, total]);
    must(await readSlice(store, slice, { onProgress }));
    expect(seen.at(-1)).toEqual([1_000_000, 1_000_000]);
  });
});

describe('readBlobTo', () => {
  it.each([0, 5, LEAF_BYTES, large.byteLength])('writes %i bytes out in order', async (size) => {
    const bytes = large.subarray(0, size);
    const { store, blob } = await held(bytes);
    const { source, peak } = watched(store);
    const pieces: Uint8Array[] = [];
    const write = async (piece: Uint8Array): Promise<Outcome<void>> => {
      pieces.push(piece);
      return succeed(undefined);
    };
    must(await readBlobTo(source, { blob, write }));
    expect(equalBytes(Buffer.concat(pieces), bytes)).toBe(true);
    expect(peak()).toBeLessThanOrEqual(BLOCK_READS_MAX);
  });

  it('stops when writing fails, and fetches no further', async () => {
    const { store, blob } = await held(large);
    const { source, ids } = watched(store);
    const write = async (): Promise<Outcome<void>> => fail(failure('storage_full', 'no room'));
    expect(await readBlobTo(source, { blob, write })).toMatchObject(code('storage_full'));
    expect(ids.length).toBe(BLOCK_READS_MAX);
  });

  it('says which leaf is missing', async () => {
    const { store, blob } = await held(large);
    const gone = await leafIdOf(large.subarray(15 * LEAF_BYTES, 16 * LEAF_BYTES));
    const source: BlockSource = {
      get: (id, options) => (id === gone ? memory().get(id) : store.get(id, options)),
    };
    const write = async (): Promise<Outcome<void>> => succeed(undefined);
    const outcome = await readBlobTo(source, { blob, write });
    expect(outcome).toMatchObject(code('block_unknown'));
    expect(JSON.stringify(outcome)).toContain(gone);
  });
});
