import { assert } from '../domain/assert.ts';
import type { ContentId } from '../domain/ids.ts';
import { BLOB_BYTES_MAX, LEAF_BYTES } from '../domain/limits.ts';
import type { BlobRef } from '../domain/work.ts';
import { blobIdFrom, digestIn, DIGEST_BYTES, leafIdOf, manifestIdOf } from './content-id.ts';
import { encodeManifest } from './manifest.ts';

/** A block and the id that its bytes hash to. */
export type Block = { readonly id: ContentId; readonly bytes: Uint8Array };

/** What a blob is called, and its manifest's block; null for a blob that is a single leaf. */
export type BlobDescription = { readonly ref: BlobRef; readonly manifest: Block | null };

/** Takes a blob's leaves one after the other and says in the end what the blob is. */
export type BlobHash = {
  /** Takes the id and size of the next leaf; only the last may have less than LEAF_BYTES. */
  add(leaf: ContentId<'leaf'>, leafBytes: number): void;
  finish(): Promise<BlobDescription>;
};

/**
 * Names a blob from its leaves' ids alone, so that a blob of any size needs little memory.
 *
 * Limits: BLOB_BYTES_MAX, asserted.
 */
export function blobHash(): BlobHash {
  const leaves: ContentId<'leaf'>[] = [];
  let byteLength = 0;
  return {
    add(leaf, leafBytes) {
      assert(byteLength === leaves.length * LEAF_BYTES, 'only the last leaf may be short');
      assert(leafBytes <= LEAF_BYTES, `a leaf of ${leafBytes} bytes`);
      assert(leafBytes > 0 || leaves.length === 0, 'only an empty blob has an empty leaf');
      leaves.push(leaf);
      byteLength += leafBytes;
      assert(byteLength <= BLOB_BYTES_MAX, `a blob of ${byteLength} bytes`);
    },
    async finish() {
      const [first] = leaves;
      assert(first !== undefined, 'a blob without leaves');
      if (leaves.length === 1) {
        return { ref: { blob: blobIdFrom(first), byteLength }, manifest: null };
      }
      const bytes = encodeManifest({ byteLength, digests: concatenateDigests(leaves) });
      const id = await manifestIdOf(bytes);
      return { ref: { blob: blobIdFrom(id), byteLength }, manifest: { id, bytes } };
    },
  };
}

/** What a blob that is in memory is called. For files, feed `blobHash` leaf by leaf. */
export async function describeBlob(bytes: Uint8Array): Promise<BlobDescription> {
  const hash = blobHash();
  let at = 0;
  do {
    const leaf = bytes.subarray(at, at + LEAF_BYTES);
    hash.add(await leafIdOf(leaf), leaf.byteLength);
    at += LEAF_BYTES;
  } while (at < bytes.byteLength);
  return hash.finish();
}

/**
 * Cuts a stream of bytes into leaves: full ones, then the rest. An empty stream is one empty leaf.
 *
 * Each leaf is a fresh array, which its taker owns.
 */
export async function* cutIntoLeaves(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let leaf = new Uint8Array(LEAF_BYTES);
  let filled = 0;
  let count = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength;) {
      if (filled === LEAF_BYTES) {
        yield leaf;
        count += 1;
        leaf = new Uint8Array(LEAF_BYTES);
        filled = 0;
      }
      const taken = Math.min(chunk.byteLength - at, LEAF_BYTES - filled);
      leaf.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
    }
  }
  if (filled > 0 || count === 0) yield leaf.slice(0, filled);
}

function concatenateDigests(leaves: readonly ContentId<'leaf'>[]): Uint8Array {
  const digests = new Uint8Array(leaves.length * DIGEST_BYTES);
  for (const [index, leaf] of leaves.entries()) {
    const digest = digestIn(leaf);
    assert(digest !== null, `${leaf} names no digest`);
    digests.set(digest, index * DIGEST_BYTES);
  }
  return digests;
}
