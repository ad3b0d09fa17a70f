import { sha256, sha256Of } from '../hashing.ts';

/** Bytes of a hash of the tree. */
export const HASH_BYTES = 32;

/** The root of a tree without leaves: the hash of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

/** The hash of an entry's bytes as a leaf. Source: RFC 6962 section 2.1. */
export async function leafHash(entry: Uint8Array): Promise<Uint8Array> {
  const prefixed = new Uint8Array(1 + entry.byteLength);
  prefixed.set(entry, 1);
  return sha256Of(prefixed);
}

/** The hash of a node above two others. Source: RFC 6962 section 2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(1 + 2 * HASH_BYTES);
  both[0] = 1;
  both.set(left, 1);
  both.set(right, 1 + HASH_BYTES);
  return sha256(both);
}

/** The largest power of two below `count`; `count` is at least 2. */
export function splitOf(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** The hash above a row of hashes, at least one, one behind the other in `row`. */
export function rowHash(row: Uint8Array): Uint8Array {
  const count = row.byteLength / HASH_BYTES;
  if (count === 1) return row.slice();
  const split = splitOf(count) * HASH_BYTES;
  return nodeHash(rowHash(row.subarray(0, split)), rowHash(row.subarray(split)));
}
