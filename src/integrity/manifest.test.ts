import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContentId } from '../domain/ids.ts';
import { BLOB_BYTES_MAX, LEAF_BYTES, MANIFEST_BYTES_MAX } from '../domain/limits.ts';
import { blobHash, cutIntoLeaves, describeBlob } from './blob-hash.ts';
import { encodeCanonical, type CanonicalValue } from './canonical-bytes.ts';
import { leafIdOf, manifestIdOf } from './content-id.ts';
import {
  decodeManifest,
  encodeManifest,
  leafAt,
  leafCountOf,
  leavesOfSlice,
  type Manifest,
} from './manifest.ts';

function patterned(byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  for (let index = 0; index < byteLength; index++)
    bytes[index] = (index * 31 + (index >> 8) + (index >> 16) * 7) & 255;
  return bytes;
}

async function decodeValue(value: CanonicalValue): ReturnType<typeof decodeManifest> {
  const bytes = encodeCanonical(value);
  return decodeManifest(await manifestIdOf(bytes), bytes);
}

const digests = (count: number): Uint8Array => patterned(count * 32);

describe('describeBlob', () => {
  it.each([0, 1, LEAF_BYTES - 1, LEAF_BYTES])(
    'names a blob of %i bytes by its single leaf',
    async (size) => {
      const bytes = patterned(size);
      const described = await describeBlob(bytes);
      expect(described).toEqual({
        ref: { blob: await leafIdOf(bytes), byteLength: size },
        manifest: null,
      });
    },
  );

  it.each([LEAF_BYTES + 1, 2 * LEAF_BYTES, 2 * LEAF_BYTES + 1])(
    'names a blob of %i bytes by a manifest of its leaves',
    async (size) => {
      const bytes = patterned(size);
      const { ref, manifest } = await describeBlob(bytes);
      expect(ref).toEqual({ blob: manifest?.id, byteLength: size });
      const block = manifest?.bytes ?? new Uint8Array();
      const decoded = await decodeManifest(await manifestIdOf(block), block);
      expect(decoded).toMatchObject({ ok: true, value: { byteLength: size } });
      const list: Manifest = decoded.ok ? decoded.value : { byteLength: 0, digests: block };
      for (let index = 0; index < leafCountOf(size); index++) {
        const leaf = bytes.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES);
        expect(leafAt(list, index)).toBe(await leafIdOf(leaf));
      }
    },
  );

  it('gives a blob the id that another implementation of the format gives it', async () => {
    const { ref } = await describeBlob(patterned(LEAF_BYTES + 70_000));
    expect(ref.blob).toBe('bafyreievvwraz74bqej3ulwi3wjcnvqh2f6oayqukhpz3kfgnrdb52hj7m');
  });
});

describe('cutIntoLeaves', () => {
  it('gives the leaves of the whole, however the stream is cut', async () => {
    const bytes = patterned(3 * LEAF_BYTES + 17);
    const expected = await describeBlob(bytes);
    const cuts = fc.array(fc.integer({ min: 1, max: LEAF_BYTES * 2 }), {
      minLength: 1,
      maxLength: 9,
    });
    await fc.assert(
      fc.asyncProperty(cuts, async (sizes) => {
        async function* chunks(): AsyncGenerator<Uint8Array> {
          for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            yield bytes.subarray(at, at + Math.max(size, 5000));
            at += Math.max(size, 5000);
          }
        }
        const hash = blobHash();
        for await (const leaf of cutIntoLeaves(chunks())) {
          hash.add(await leafIdOf(leaf), leaf.byteLength);
        }
        expect(await hash.finish()).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('gives an empty stream one empty leaf, and exact multiples no empty one', async () => {
    const sizes = async (byteLength: number): Promise<number[]> => {
      async function* once(): AsyncGenerator<Uint8Array> {
        yield patterned(byteLength);
      }
      return (await Array.fromAsync(cutIntoLeaves(once()))).map((leaf) => leaf.byteLength);
    };
    expect(await sizes(0)).toEqual([0]);
    expect(await sizes(LEAF_BYTES)).toEqual([LEAF_BYTES]);
    expect(await sizes(2 * LEAF_BYTES)).toEqual([LEAF_BYTES, LEAF_BYTES]);
    expect(await sizes(LEAF_BYTES + 1)).toEqual([LEAF_BYTES, 1]);
  });
});

describe('decodeManifest', () => {
  const good = { v: 1, size: LEAF_BYTES + 1, leafBytes: LEAF_BYTES, leaves: digests(2) };

  it('accepts a well-formed manifest', async () => {
    expect(await decodeValue(good)).toEqual({
      ok: true,
      value: { byteLength: LEAF_BYTES + 1, digests: digests(2) },
    });
  });

  it('accepts the manifest of the largest blob, which fits its block', async () => {
    const manifest = { byteLength: BLOB_BYTES_MAX, digests: digests(leafCountOf(BLOB_BYTES_MAX)) };
    const bytes = encodeManifest(manifest);
    expect(bytes.byteLength).toBeLessThanOrEqual(MANIFEST_BYTES_MAX);
    const decoded = await decodeManifest(await manifestIdOf(bytes), bytes);
    expect(decoded).toMatchObject({ ok: true, value: { byteLength: BLOB_BYTES_MAX } });
  });

  it.each([
    ['a list', [1, 2]],
    ['a number', 7],
    ['null', null],
    ['bytes', digests(1)],
    ['no version', { size: good.size, leafBytes: LEAF_BYTES, leaves: digests(2) }],
    ['a field too many', { ...good, name: 'x' }],
    ['a field too few', { v: 1, size: good.size, leaves: digests(2) }],
    ['another leaf size', { ...good, leafBytes: LEAF_BYTES / 2 }],
    ['a size that is text', { ...good, size: '262145' }],
    ['a negative size', { ...good, size: -1 }],
    ['the size of a single leaf', { ...good, size: LEAF_BYTES, leaves: digests(1) }],
    ['a size above the limit', { ...good, size: BLOB_BYTES_MAX + 1 }],
    ['a digest too few', { ...good, leaves: digests(1) }],
    ['a digest too many', { ...good, leaves: digests(3) }],
    ['half a digest', { ...good, leaves: digests(2).subarray(0, 48) }],
    ['leaves that are a list', { ...good, leaves: [digests(1), digests(1)] }],
  ])('refuses %s', async (_, value) => {
    expect(await decodeValue(value)).toMatchObject({
      ok: false,
      failure: { code: 'input_malformed' },
    });
  });

  it('refuses a later version and says so', async () => {
    expect(await decodeValue({ ...good, v: 2 })).toMatchObject({
      ok: false,
      failure: { code: 'version_unsupported' },
    });
  });

  it('refuses another spelling of a good manifest', async () => {
    const bytes = encodeCanonical(good);
    // Key "v" as text of one character with its length in a byte of its own.
    const spelled = new Uint8Array([0xa4, 0x78, 0x01, 0x76, ...bytes.subarray(3)]);
    expect(await decodeManifest(await manifestIdOf(spelled), spelled)).toMatchObject({
      ok: false,
      failure: { code: 'input_malformed' },
    });
  });

  it('refuses bytes that are not those of the id', async () => {
    const id = await manifestIdOf(encodeCanonical(good));
    const other = encodeCanonical({ ...good, size: LEAF_BYTES + 2 });
    expect(await decodeManifest(id, other)).toMatchObject({
      ok: false,
      failure: { code: 'bytes_mismatch' },
    });
  });
});

describe('leavesOfSlice', () => {
  const byteLength = 4 * LEAF_BYTES + 100;
  const manifest = { byteLength, digests: digests(5) };

  it('covers any slice exactly once, in order, with no leaf too many', () => {
    const bounds = fc.tuple(fc.nat(byteLength), fc.nat(byteLength));
    fc.assert(
      fc.property(bounds, ([one, other]) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const slice = { byteOffset: start, byteLength: end - start };
        const outcome = leavesOfSlice(manifest, slice);
        const parts = outcome.ok ? outcome.value : [];
        let covered = 0;
        for (const part of parts) {
          expect(part.byteOffset).toBe(covered);
          expect(part.end).toBeGreaterThan(part.start);
          expect(part.end).toBeLessThanOrEqual(part.leafBytes);
          const index = Math.floor((start + covered) / LEAF_BYTES);
          expect(part.leaf).toBe(leafAt(manifest, index));
          expect(part.start).toBe((start + covered) % LEAF_BYTES);
          covered += part.end - part.start;
        }
        expect(covered).toBe(end - start);
        expect(new Set(parts.map((part) => part.leaf)).size).toBe(parts.length);
      }),
    );
  });

  it('refuses slices that leave the blob', () => {
    for (const slice of [
      { byteOffset: 0, byteLength: byteLength + 1 },
      { byteOffset: byteLength, byteLength: 1 },
      { byteOffset: -1, byteLength: 1 },
      { byteOffset: 0, byteLength: -1 },
      { byteOffset: 0.5, byteLength: 1 },
      { byteOffset: Number.MAX_SAFE_INTEGER, byteLength: Number.MAX_SAFE_INTEGER },
      { byteOffset: Number.NaN, byteLength: 1 },
    ]) {
      expect(leavesOfSlice(manifest, slice)).toMatchObject({
        ok: false,
        failure: { code: 'input_invalid' },
      });
    }
    expect(leavesOfSlice(manifest, { byteOffset: byteLength, byteLength: 0 })).toEqual({
      ok: true,
      value: [],
    });
  });
});

it('a manifest id parses as a content id', async () => {
  const id = await manifestIdOf(
    encodeManifest({ byteLength: LEAF_BYTES + 1, digests: digests(2) }),
  );
  expect(parseContentId(id)).toEqual({ ok: true, value: id });
});
