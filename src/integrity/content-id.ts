import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import type { ContentId, EvidenceId } from '../domain/ids.ts';
import { EVIDENCE_BYTES_MAX, LEAF_BYTES, MANIFEST_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import { unshared } from './unshared.ts';

/** How a block's bytes are to be read: a leaf's as they are, a manifest's as dag-cbor. */
export type Codec = 'raw' | 'dag-cbor';

/** Bytes of a sha-256 digest. */
export const DIGEST_BYTES = 32;

// The bytes of a CID before its digest: version 1, codec, sha2-256, 32 bytes.
const PREFIX = {
  raw: [0x01, 0x55, 0x12, DIGEST_BYTES],
  'dag-cbor': [0x01, 0x71, 0x12, DIGEST_BYTES],
} as const;

/**
 * The sha-256 digest of bytes.
 *
 * WebCrypto everywhere: on blocks of LEAF_BYTES it is as fast as any, and off the main thread.
 */
export async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', unshared(bytes)));
}

/** The id of a leaf. Limits: at most LEAF_BYTES, asserted. */
export async function leafIdOf(bytes: Uint8Array): Promise<ContentId<'leaf'>> {
  assert(bytes.byteLength <= LEAF_BYTES, `a leaf of ${bytes.byteLength} bytes`);
  return leafIdFrom(await digestOf(bytes));
}

/** The id of an encoded manifest. Limits: at most MANIFEST_BYTES_MAX, asserted. */
export async function manifestIdOf(bytes: Uint8Array): Promise<ContentId<'manifest'>> {
  assert(bytes.byteLength <= MANIFEST_BYTES_MAX, `a manifest of ${bytes.byteLength} bytes`);
  // Made here from the codec that defines a manifest's id.
  return contentIdFrom('dag-cbor', await digestOf(bytes)) as ContentId<'manifest'>;
}

/** The id of an encoded evidence bundle. Limits: at most EVIDENCE_BYTES_MAX, asserted. */
export async function evidenceIdOf(bytes: Uint8Array): Promise<EvidenceId> {
  assert(bytes.byteLength <= EVIDENCE_BYTES_MAX, `evidence of ${bytes.byteLength} bytes`);
  // Made here from the codec that defines a bundle's id, in the same form.
  return String(contentIdFrom('dag-cbor', await digestOf(bytes))) as EvidenceId;
}

/** The id of the leaf whose digest this is. */
export function leafIdFrom(digest: Uint8Array): ContentId<'leaf'> {
  // Made here from the codec that defines a leaf's id.
  return contentIdFrom('raw', digest) as ContentId<'leaf'>;
}

/** The sha-256 digest that an id names; null where the id's last bits are not canonical. */
export function digestIn(id: ContentId): Uint8Array | null {
  return decodeBase32(id.slice(1))?.subarray(PREFIX.raw.length) ?? null;
}

/** Whether bytes are a CID of one of the two codecs, as long as it must be. */
export function isCid(cid: Uint8Array): boolean {
  if (cid.byteLength !== PREFIX.raw.length + DIGEST_BYTES) return false;
  return Object.values(PREFIX).some((prefix) => prefix.every((byte, at) => cid[at] === byte));
}

/** How the bytes of this id's block are to be read. */
export function codecOf(id: ContentId): Codec {
  return id.startsWith('bafkrei') ? 'raw' : 'dag-cbor';
}

/** Whether this blob is its own single leaf. */
export function isLeafId(id: ContentId): id is ContentId<'leaf'> {
  return codecOf(id) === 'raw';
}

/** Whether this blob is listed by a manifest. */
export function isManifestId(id: ContentId): id is ContentId<'manifest'> {
  return codecOf(id) === 'dag-cbor';
}

/** The id of the blob that a leaf or a manifest is. */
export function blobIdFrom(id: ContentId<'leaf'> | ContentId<'manifest'>): ContentId<'blob'> {
  // By definition of 'blob': either kind of block's id.
  return id as ContentId as ContentId<'blob'>;
}

/** Largest block that an id of this kind can name. Bytes. */
export function blockBytesMax(id: ContentId): number {
  return isLeafId(id) ? LEAF_BYTES : MANIFEST_BYTES_MAX;
}

/**
 * Succeeds only when these bytes are the block of this id.
 *
 * Both may come from an attacker.
 * Errors: "limit_exceeded" | "bytes_mismatch".
 */
export async function verifyBlock(id: ContentId, bytes: Uint8Array): Promise<Outcome<void>> {
  const fits = checkBlockSize(id, bytes);
  return fits.ok ? checkDigest(id, await digestOf(bytes)) : fits;
}

/** Succeeds when a block of this id may have so many bytes. Errors: "limit_exceeded". */
export function checkBlockSize(id: ContentId, { byteLength }: Uint8Array): Outcome<void> {
  if (byteLength <= blockBytesMax(id)) return succeed(undefined);
  const text = `block ${id} has ${byteLength} bytes; at most ${blockBytesMax(id)} may be`;
  return fail(failure('limit_exceeded', `${text}. Split the blob into leaves.`));
}

/** Succeeds when the bytes that hash to this are the block of this id. Errors: "bytes_mismatch". */
export function checkDigest(id: ContentId, digest: Uint8Array): Outcome<void> {
  const found = contentIdFrom(codecOf(id), digest);
  if (found === id) return succeed(undefined);
  const text = `the bytes given for block ${id} hash to ${found}`;
  return fail(failure('bytes_mismatch', `${text}. Get them again, from another source.`));
}

export function contentIdFrom(codec: Codec, digest: Uint8Array): ContentId {
  assert(digest.byteLength === DIGEST_BYTES, `a digest of ${digest.byteLength} bytes`);
  const bytes = new Uint8Array(PREFIX[codec].length + DIGEST_BYTES);
  bytes.set(PREFIX[codec]);
  bytes.set(digest, PREFIX[codec].length);
  // 36 bytes in this form are the 59 characters that `parseContentId` accepts.
  return `b${encodeBase32(bytes)}` as ContentId;
}
