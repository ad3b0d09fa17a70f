import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import * as digest from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import { parseContentId } from '../domain/ids.ts';
import { LEAF_BYTES, MANIFEST_BYTES_MAX } from '../domain/limits.ts';
import { decodeBase32 } from './base32.ts';
import {
  codecOf,
  digestIn,
  isLeafId,
  isManifestId,
  leafIdOf,
  manifestIdOf,
  verifyBlock,
} from './content-id.ts';

const SHA_256 = 0x12;
const RAW = 0x55;
const DAG_CBOR = 0x71;

function oracle(codec: number, bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes).digest();
  return CID.createV1(codec, digest.create(SHA_256, hash)).toString();
}

describe('content ids', () => {
  it('are what multiformats makes of the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await leafIdOf(bytes)).toBe(oracle(RAW, bytes));
        expect(await manifestIdOf(bytes)).toBe(oracle(DAG_CBOR, bytes));
      }),
    );
  });

  it('parse as content ids and tell their codec and digest', async () => {
    const bytes = new TextEncoder().encode('many hands');
    const leaf = await leafIdOf(bytes);
    const manifest = await manifestIdOf(bytes);
    expect(parseContentId(leaf)).toEqual({ ok: true, value: leaf });
    expect(parseContentId(manifest)).toEqual({ ok: true, value: manifest });
    expect([codecOf(leaf), codecOf(manifest)]).toEqual(['raw', 'dag-cbor']);
    expect([isLeafId(leaf), isManifestId(leaf)]).toEqual([true, false]);
    expect([isLeafId(manifest), isManifestId(manifest)]).toEqual([false, true]);
    const hash = new Uint8Array(createHash('sha256').update(bytes).digest());
    expect(digestIn(leaf)).toEqual(hash);
    expect(digestIn(manifest)).toEqual(hash);
  });

  it('hash shared memory like any other', async () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(10)).fill(3);
    expect(await leafIdOf(bytes)).toBe(oracle(RAW, new Uint8Array(10).fill(3)));
  });
});

describe('verifyBlock', () => {
  it('accepts the bytes of the id', async () => {
    for (const size of [0, 1, LEAF_BYTES]) {
      const bytes = new Uint8Array(size).fill(9);
      expect(await verifyBlock(await leafIdOf(bytes), bytes)).toEqual({
        ok: true,
        value: undefined,
      });
    }
  });

  it('refuses bytes that differ in one bit, with both ids in the message', async () => {
    const bytes = new Uint8Array(1000);
    const id = await leafIdOf(bytes);
    bytes[999] = 1;
    const outcome = await verifyBlock(id, bytes);
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'bytes_mismatch' } });
    expect(JSON.stringify(outcome)).toContain(await leafIdOf(bytes));
  });

  it('refuses the right bytes under the other codec', async () => {
    const bytes = new Uint8Array(10);
    const [leaf, manifest] = [await leafIdOf(bytes), await manifestIdOf(bytes)];
    expect((await verifyBlock(manifest, bytes)).ok).toBe(true);
    const other = parseContentId(manifest.replace('bafyrei', 'bafkrei'));
    expect(other).toEqual({ ok: true, value: leaf });
  });

  it('refuses an id whose unused last bits are set', async () => {
    const bytes = new Uint8Array(10);
    const id = await leafIdOf(bytes);
    const last = 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(id.slice(-1));
    const other = parseContentId(
      id.slice(0, -1) + 'abcdefghijklmnopqrstuvwxyz234567'.charAt(last | 1),
    );
    expect(other.ok).toBe(true);
    const spelled = other.ok ? other.value : id;
    expect(spelled).not.toBe(id);
    expect((await verifyBlock(spelled, bytes)).ok).toBe(false);
    expect(digestIn(spelled)).toBeNull();
  });

  it('refuses a leaf or manifest above its limit', async () => {
    const leaf = await leafIdOf(new Uint8Array());
    const manifest = await manifestIdOf(new Uint8Array());
    for (const [id, size] of [
      [leaf, LEAF_BYTES + 1],
      [manifest, MANIFEST_BYTES_MAX + 1],
    ] as const) {
      expect(await verifyBlock(id, new Uint8Array(size))).toMatchObject({
        ok: false,
        failure: { code: 'limit_exceeded' },
      });
    }
  });
});

describe('decodeBase32', () => {
  it('refuses letters outside the alphabet, capitals and impossible lengths', () => {
    for (const text of ['a1', 'MZ', 'mz!', 'a', 'mzx']) expect(decodeBase32(text)).toBeNull();
    expect(decodeBase32('mzxw6ytboi')).toEqual(new TextEncoder().encode('foobar'));
  });
});
