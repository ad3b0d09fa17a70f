import { sha384 } from '../sha2/sha2.ts';

/** The parts of a data item that its signature covers, as they stand in its bytes. */
export type SignedParts = {
  readonly owner: Uint8Array;
  readonly target: Uint8Array;
  readonly anchor: Uint8Array;
  readonly tags: Uint8Array;
  readonly body: Uint8Array;
};

const textEncoder = new TextEncoder();

/**
 * What the signature of an ANS-104 data item signs: 48 bytes.
 *
 * Source: ANS-104 section 3.2, and Arweave's deep hash: SHA-384 over a list of blobs, each behind
 * its kind and length.
 */
export function deepHash(parts: SignedParts): Uint8Array {
  let hash = CONSTANT_PART;
  for (const part of [parts.owner, parts.target, parts.anchor, parts.tags, parts.body]) {
    hash = sha384(hash, blobHash(part));
  }
  return hash;
}

function blobHash(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength === 0) return NOTHING_HASH;
  // Keys and anchors: what the most blobs are.
  const kind = bytes.byteLength === 32 ? KIND_OF_32 : sha384(kindOf('blob', bytes.byteLength));
  return sha384(kind, sha384(bytes));
}

function kindOf(kind: 'blob' | 'list', length: number): Uint8Array {
  return textEncoder.encode(`${kind}${length}`);
}

/** Signature type 2 is Ed25519; eight things are signed, the first three the same in each item. */
const CONSTANT_PART = constantPart();
const KIND_OF_32 = sha384(kindOf('blob', 32));
const NOTHING_HASH = sha384(sha384(kindOf('blob', 0)), sha384(new Uint8Array()));

function constantPart(): Uint8Array {
  let hash: Uint8Array = sha384(kindOf('list', 8));
  for (const text of ['dataitem', '1', '2']) {
    const bytes = textEncoder.encode(text);
    hash = sha384(hash, sha384(sha384(kindOf('blob', bytes.byteLength)), sha384(bytes)));
  }
  return hash;
}
