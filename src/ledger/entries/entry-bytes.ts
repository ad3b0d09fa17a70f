// An entry's bytes: an ANS-104 data item.
//
//   signature type   u16, little-endian: 2, Ed25519 over the deep hash
//   signature        64
//   owner            32
//   target           0, or 1 and 32 bytes
//   anchor           1 and 32 bytes: an entry without one could not be told from its duplicate
//   number of tags   u64, little-endian
//   bytes of tags    u64, little-endian
//   tags             Avro
//   body             the rest: canonical DAG-CBOR
import { failure } from '../../domain/failure.ts';
import {
  ENTRY_BODY_BYTES_MAX,
  ENTRY_BYTES_MAX,
  ENTRY_TAGS_BYTES_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import {
  agentIdOf,
  decodeLinked,
  PUBLIC_KEY_BYTES,
  publicKeyOf,
  SIGNATURE_BYTES,
} from '../../integrity/index.ts';
import { assert } from '../../domain/assert.ts';
import { ByteCursor } from '../byte-cursor.ts';
import type { SignedParts } from './deep-hash.ts';
import { ANCHOR_BYTES, type Entry } from './entry.ts';
import { decodeTags, encodeTags } from './entry-tags.ts';

const ED25519 = 2;

/** An entry, and the parts of its bytes that were signed. */
export type DecodedEntry = { readonly entry: Entry; readonly parts: SignedParts };

/** The bytes of an entry. Limits: asserted, as `decodeEntry` refuses them. */
export function encodeEntry(entry: Entry): Uint8Array {
  const owner = publicKeyOf(entry.owner);
  assert(owner.ok, 'an owner is a public key');
  assert(entry.signature.byteLength === SIGNATURE_BYTES, 'a signature of 64 bytes');
  return joinEntry(signedPartsOf(owner.value, entry), entry.signature);
}

/** The parts that the signature of an entry covers. */
export function signedPartsOf(owner: Uint8Array, draft: Omit<Entry, 'owner' | 'signature'>) {
  assert(draft.anchor.byteLength === ANCHOR_BYTES, 'an anchor of 32 bytes');
  assert(draft.target === null || draft.target.byteLength === ANCHOR_BYTES, 'a target of 32 bytes');
  assert(draft.body.byteLength <= ENTRY_BODY_BYTES_MAX, 'a body within its limit');
  assert(decodeLinked(draft.body).ok, 'a body of canonical DAG-CBOR');
  return {
    owner,
    target: draft.target ?? new Uint8Array(),
    anchor: draft.anchor,
    tags: encodeTags(draft.tags),
    body: draft.body,
    tagCount: draft.tags.length,
  };
}

/** Puts a data item together from the parts that were signed. */
export function joinEntry(
  parts: SignedParts & { readonly tagCount: number },
  signature: Uint8Array,
): Uint8Array {
  const counts = new Uint8Array(16);
  const view = new DataView(counts.buffer);
  view.setBigUint64(0, BigInt(parts.tagCount), true);
  view.setBigUint64(8, BigInt(parts.tags.byteLength), true);
  return concatenate([
    Uint8Array.of(ED25519, 0),
    signature,
    parts.owner,
    Uint8Array.of(parts.target.byteLength === 0 ? 0 : 1),
    parts.target,
    Uint8Array.of(1),
    parts.anchor,
    counts,
    parts.tags,
    parts.body,
  ]);
}

/**
 * The entry that bytes hold; whether its signature is valid is `verifyEntry`'s to say.
 *
 * The bytes may come from an attacker. What is decoded encodes to the same bytes.
 * Errors: "limit_exceeded" | "input_malformed" | "input_invalid" | "key_unusable".
 */
export function decodeEntry(bytes: Uint8Array): Outcome<DecodedEntry> {
  if (bytes.byteLength > ENTRY_BYTES_MAX) return tooLarge('whole', bytes, ENTRY_BYTES_MAX);
  const cursor = new ByteCursor(bytes);
  if (cursor.u16LittleEndian() !== ED25519) {
    return malformed('input_invalid', 'its signature type is not 2 (Ed25519)');
  }
  const signature = cursor.take(SIGNATURE_BYTES);
  const owner = cursor.take(PUBLIC_KEY_BYTES);
  const target = takeOptional(cursor);
  const anchor = takeOptional(cursor);
  const tagCount = cursor.u64LittleEndian();
  const tagBytes = cursor.u64LittleEndian();
  if (signature === null || owner === null || target === null || anchor === null) {
    return malformed('input_malformed', 'it ends early, or says neither 0 nor 1 of its target');
  }
  if (anchor.byteLength === 0) return malformed('input_invalid', 'it has no anchor');
  if (tagCount === null || tagBytes === null || tagBytes > ENTRY_TAGS_BYTES_MAX) {
    return malformed('input_malformed', 'its counts of tags are too large or cut short');
  }
  const avro = cursor.take(tagBytes);
  const tags = avro === null ? null : decodeTags(avro, tagCount);
  if (avro === null || tags === null) return malformed('input_malformed', 'its tags do not parse');
  const body = cursor.take(cursor.rest) ?? new Uint8Array();
  if (body.byteLength > ENTRY_BODY_BYTES_MAX) return tooLarge('body', body, ENTRY_BODY_BYTES_MAX);
  const canonical = decodeLinked(body);
  if (!canonical.ok) return canonical;
  const agent = agentIdOf(owner);
  if (!agent.ok) return agent;
  const entry: Entry = {
    owner: agent.value,
    signature,
    target: target.byteLength === 0 ? null : target,
    anchor,
    tags,
    body,
  };
  return succeed({ entry, parts: { owner, target, anchor, tags: avro, body } });
}

/** Nothing, or 32 bytes; null for what is neither. */
function takeOptional(cursor: ByteCursor): Uint8Array | null {
  const presence = cursor.u8();
  if (presence === 0) return new Uint8Array();
  return presence === 1 ? cursor.take(ANCHOR_BYTES) : null;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function tooLarge(what: string, bytes: Uint8Array, bytesMax: number): Outcome<never> {
  const text = `an entry whose ${what} has ${bytes.byteLength} bytes, above ${bytesMax}, is too large`;
  return fail(failure('limit_exceeded', `${text}. Put what is large into a block and link to it.`));
}

function malformed(code: 'input_malformed' | 'input_invalid', why: string): Outcome<never> {
  return fail(failure(code, `these bytes are no entry: ${why}. Sign the entry again.`));
}
