import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { BLOB_BYTES_MAX, LEAF_BYTES, MANIFEST_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeCanonical, encodeCanonical, type CanonicalValue } from './canonical-bytes.ts';
import { DIGEST_BYTES, leafIdFrom, verifyBlock } from './content-id.ts';

/**
 * The flat list of a blob's leaves, in order: all full but the last.
 *
 * A blob of at most LEAF_BYTES has none: it is its own single leaf.
 * As a block it is canonical dag-cbor: `{ v: 1, size, leafBytes, leaves }`.
 */
export type Manifest = {
  /** Of the whole blob. More than LEAF_BYTES, at most BLOB_BYTES_MAX. */
  readonly byteLength: number;
  /** The leaves' sha-256 digests, one behind the other. */
  readonly digests: Uint8Array;
};

/** A part of one leaf, and where in the slice that was asked for its bytes go. */
export type LeafPart = {
  readonly leaf: ContentId<'leaf'>;
  /** Of the whole leaf. */
  readonly leafBytes: number;
  /** Half-open range within the leaf. */
  readonly start: number;
  readonly end: number;
  /** Where in the slice the part begins. */
  readonly byteOffset: number;
};

/** Bytes of a blob: where they begin and how many they are. */
export type ByteSlice = { readonly byteOffset: number; readonly byteLength: number };

const VERSION = 1;

/** How many leaves a blob of this size has. An empty blob has one, of no bytes. */
export function leafCountOf(byteLength: number): number {
  return Math.max(1, Math.ceil(byteLength / LEAF_BYTES));
}

/** The id of the `index`-th leaf. */
export function leafAt(manifest: Manifest, index: number): ContentId<'leaf'> {
  assert(index < leafCountOf(manifest.byteLength), `no leaf ${index}`);
  const start = index * DIGEST_BYTES;
  return leafIdFrom(manifest.digests.subarray(start, start + DIGEST_BYTES));
}

/** The block of a manifest. Asserts what `decodeManifest` would refuse. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const refuted = refuteSizes(manifest);
  assert(refuted === null, `a manifest with ${refuted}`);
  return encodeCanonical({
    v: VERSION,
    size: manifest.byteLength,
    leafBytes: LEAF_BYTES,
    leaves: manifest.digests,
  });
}

/**
 * The manifest that a block holds, when the block is the one of this id and well formed.
 *
 * The bytes, and what the id names, may come from an attacker.
 * Errors: "limit_exceeded" | "bytes_mismatch" | "input_malformed" | "version_unsupported".
 */
export async function decodeManifest(
  id: ContentId<'manifest'>,
  bytes: Uint8Array,
): Promise<Outcome<Manifest>> {
  const verified = await verifyBlock(id, bytes);
  if (!verified.ok) return verified;
  const decoded = decodeCanonical(bytes);
  if (!decoded.ok) return decoded;
  return parseManifest(id, decoded.value);
}

function parseManifest(id: ContentId<'manifest'>, value: CanonicalValue): Outcome<Manifest> {
  const malformed = (detail: string): Outcome<never> => {
    const text = `${id} is not a manifest: ${detail}`;
    return fail(failure('input_malformed', `${text}. Upload the blob again.`));
  };
  if (value === null || typeof value !== 'object') return malformed('not a map');
  if (value instanceof Uint8Array || Array.isArray(value)) return malformed('not a map');
  const fields = new Map(Object.entries(value));
  const version = fields.get('v');
  if (typeof version === 'number' && version !== VERSION) {
    const text = `manifest ${id} has version ${version}; this program reads ${VERSION}`;
    return fail(failure('version_unsupported', `${text}. Update it.`));
  }
  const size = fields.get('size');
  const digests = fields.get('leaves');
  if (fields.size !== 4 || version !== VERSION || fields.get('leafBytes') !== LEAF_BYTES) {
    return malformed(`it must have v: 1, size, leafBytes: ${LEAF_BYTES} and leaves`);
  }
  if (typeof size !== 'number' || !(digests instanceof Uint8Array)) {
    return malformed('size must be a number and leaves bytes');
  }
  const manifest = { byteLength: size, digests };
  const refuted = refuteSizes(manifest);
  return refuted === null ? succeed(manifest) : malformed(refuted);
}

function refuteSizes(manifest: Manifest): string | null {
  const { byteLength, digests } = manifest;
  if (!(byteLength > LEAF_BYTES)) return `size ${byteLength}, which is a single leaf`;
  if (byteLength > BLOB_BYTES_MAX) return `size ${byteLength}, above ${BLOB_BYTES_MAX}`;
  const expected = leafCountOf(byteLength) * DIGEST_BYTES;
  if (digests.byteLength === expected) return null;
  return `${digests.byteLength} bytes of digests where size ${byteLength} needs ${expected}`;
}

/**
 * The parts of leaves that make up a slice, in order.
 *
 * Errors: "input_invalid" for a slice that is not within the blob.
 */
export function leavesOfSlice(manifest: Manifest, slice: ByteSlice): Outcome<readonly LeafPart[]> {
  const outside = checkSlice(manifest.byteLength, slice);
  if (!outside.ok) return outside;
  const end = slice.byteOffset + slice.byteLength;
  const parts: LeafPart[] = [];
  for (let at = slice.byteOffset; at < end;) {
    const index = Math.floor(at / LEAF_BYTES);
    const leafStart = index * LEAF_BYTES;
    const leafEnd = Math.min(leafStart + LEAF_BYTES, manifest.byteLength);
    const partEnd = Math.min(leafEnd, end);
    parts.push({
      leaf: leafAt(manifest, index),
      leafBytes: leafEnd - leafStart,
      start: at - leafStart,
      end: partEnd - leafStart,
      byteOffset: at - slice.byteOffset,
    });
    at = partEnd;
  }
  return succeed(parts);
}

/** Succeeds when a slice lies within a blob of this size. Errors: "input_invalid". */
export function checkSlice(blobBytes: number, slice: ByteSlice): Outcome<void> {
  const { byteOffset, byteLength } = slice;
  const natural = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if (natural(byteOffset) && natural(byteLength) && byteOffset + byteLength <= blobBytes) {
    return succeed(undefined);
  }
  const text = `${byteLength} bytes at ${byteOffset} are not within a blob of ${blobBytes} bytes`;
  return fail(failure('input_invalid', `${text}. Check the tensor's shape and offset.`));
}

// The largest blob's manifest fits its block: 32 bytes a leaf and some for the map.
assert((BLOB_BYTES_MAX / LEAF_BYTES) * DIGEST_BYTES + 64 <= MANIFEST_BYTES_MAX, 'manifest limit');
