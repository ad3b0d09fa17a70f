import { encode, Tagged } from 'cborg';
import { assert } from '../domain/assert.ts';
import type { ContentId } from '../domain/ids.ts';
import type { Outcome } from '../domain/outcome.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import { decodeAs, refuteValue, type CanonicalValue } from './canonical-bytes.ts';
import { digestIn, isCid } from './content-id.ts';

/** A link to other content, as DAG-CBOR has it: the one tag that is allowed, 42. */
export class ContentLink {
  readonly id: ContentId;
  constructor(id: ContentId) {
    this.id = id;
  }
}

/** A canonical value that may link to blocks and blobs. */
export type LinkedValue =
  | CanonicalValue
  | ContentLink
  | readonly LinkedValue[]
  | { readonly [key: string]: LinkedValue };

const LINK_TAG = 42;

/**
 * The one DAG-CBOR encoding of a value that may have links.
 *
 * Errors: throws on a number that is not a safe integer, or an id that is no CID (bugs).
 */
export function encodeLinked(value: LinkedValue): Uint8Array {
  const refuted = refuteValue(value, isLink);
  assert(refuted === null, `no canonical bytes for ${refuted}`);
  return encodeTagged(value);
}

/**
 * The value of canonical DAG-CBOR bytes; other bytes that mean the same are refused.
 *
 * The bytes may come from an attacker. Links other than to sha-256 blocks of ours are refused.
 * Errors: "input_malformed".
 */
export function decodeLinked(bytes: Uint8Array): Outcome<LinkedValue> {
  const tags = { [LINK_TAG]: (content: () => unknown) => linkFrom(content()) };
  return decodeAs<LinkedValue>(bytes, { tags, isLeaf: isLink, encode: encodeTagged });
}

/** Of what was found to be such a value. */
function encodeTagged(value: LinkedValue): Uint8Array {
  return encode(withTags(value));
}

function isLink(value: object): boolean {
  return value instanceof ContentLink;
}

/** The value with cborg's tags where links are. */
function withTags(value: LinkedValue): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value instanceof ContentLink) return new Tagged(LINK_TAG, linkBytes(value));
  if (Array.isArray(value)) return value.map(withTags);
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    withTags(item),
  ]);
  return Object.fromEntries(entries);
}

/** A zero byte (the multibase prefix of raw bytes), then the CID. */
function linkBytes({ id }: ContentLink): Uint8Array {
  const cid = digestIn(id) === null ? null : decodeBase32(id.slice(1));
  assert(cid !== null, `${id} is no CID`);
  const bytes = new Uint8Array(cid.byteLength + 1);
  bytes.set(cid, 1);
  return bytes;
}

function linkFrom(content: unknown): ContentLink {
  if (!(content instanceof Uint8Array) || content[0] !== 0 || !isCid(content.subarray(1))) {
    throw new Error('a link that is no CIDv1 of a sha-256 block');
  }
  // Its prefix is one of those that `parseContentId` accepts, and its digest has 32 bytes.
  return new ContentLink(`b${encodeBase32(content.subarray(1))}` as ContentId);
}
