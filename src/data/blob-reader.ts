import { failure } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { BLOCK_READS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Scratch } from '../domain/scratch.ts';
import type { BlobRef } from '../domain/work.ts';
import {
  checkSlice,
  decodeManifest,
  isManifestId,
  leavesOfSlice,
  type ByteSlice,
  type LeafPart,
  type Manifest,
} from '../integrity/index.ts';
import { canceled } from './block-failure.ts';
import type { Abortable, BlockSource } from './block-store.ts';
import { inLanes } from './in-lanes.ts';

/** A blob whose size is known and whose leaves can be found: one that can be read. */
export type OpenBlob =
  | { readonly kind: 'leaf'; readonly ref: BlobRef; readonly bytes: Uint8Array }
  | { readonly kind: 'manifest'; readonly ref: BlobRef; readonly manifest: Manifest };

/** Told how many bytes have arrived, of how many that were asked for. */
export type OnProgress = (doneBytes: number, totalBytes: number) => void;

export type ReadOptions = Abortable & { readonly onProgress?: OnProgress | undefined };

/**
 * Opens a blob: fetches its manifest, or its only leaf.
 *
 * A size that was claimed for it must be its size. Keep the result for further reads.
 * Errors: those of `BlockSource.get` and `decodeManifest`, "input_invalid" for another size.
 */
export async function openBlob(
  source: BlockSource,
  claimed: { readonly blob: ContentId<'blob'>; readonly byteLength?: number },
  options: Abortable = {},
): Promise<Outcome<OpenBlob>> {
  const block = await source.get(claimed.blob, options);
  if (!block.ok) return block;
  const opened = await openBlock(claimed.blob, block.value);
  if (!opened.ok) return opened;
  const { byteLength } = opened.value.ref;
  if ((claimed.byteLength ?? byteLength) === byteLength) return opened;
  const text = `blob ${claimed.blob} has ${byteLength} bytes, not ${claimed.byteLength}`;
  return fail(failure('input_invalid', `${text}. State its true size.`));
}

async function openBlock(id: ContentId, bytes: Uint8Array): Promise<Outcome<OpenBlob>> {
  // By definition of 'blob': a leaf or a manifest is one.
  const blob = id as ContentId as ContentId<'blob'>;
  if (!isManifestId(id)) {
    return succeed({ kind: 'leaf', ref: { blob, byteLength: bytes.byteLength }, bytes });
  }
  const manifest = await decodeManifest(id, bytes);
  if (!manifest.ok) return manifest;
  const ref = { blob, byteLength: manifest.value.byteLength };
  return succeed({ kind: 'manifest', ref, manifest: manifest.value });
}

/**
 * Bytes of a slice of a blob, which the caller owns: fetches only the leaves it needs, several at
 * a time.
 *
 * Errors: those of `BlockSource.get`, "input_invalid" for a slice outside the blob,
 * "out_of_memory" for one that does not fit here.
 */
export async function readSlice(
  source: BlockSource,
  wanted: ByteSlice & { readonly blob: OpenBlob },
  options: ReadOptions = {},
): Promise<Outcome<Uint8Array>> {
  const { blob, byteOffset, byteLength } = wanted;
  const within = checkSlice(blob.ref.byteLength, wanted);
  if (!within.ok) return within;
  if (blob.kind === 'leaf') {
    const slice = allocate(byteLength, fresh);
    if (!slice.ok) return slice;
    slice.value.set(blob.bytes.subarray(byteOffset, byteOffset + byteLength));
    options.onProgress?.(byteLength, byteLength);
    return slice;
  }
  const parts = leavesOfSlice(blob.manifest, wanted);
  if (!parts.ok) return parts;
  return gather(source, { parts: parts.value, byteLength, into: fresh }, options);
}

/**
 * Bytes of a slice of a blob, only to be read: those of the block itself where one holds them all,
 * and otherwise in the buffer that `into` gives.
 *
 * Fetches only the leaves it needs, several at a time.
 * Errors: as of `readSlice`.
 */
export async function viewSlice(
  source: BlockSource,
  wanted: ByteSlice & { readonly blob: OpenBlob; readonly into?: Scratch | undefined },
  options: ReadOptions = {},
): Promise<Outcome<Uint8Array>> {
  const { blob, byteOffset, byteLength, into = fresh } = wanted;
  const within = checkSlice(blob.ref.byteLength, wanted);
  if (!within.ok) return within;
  if (blob.kind === 'leaf')
    return succeed(blob.bytes.subarray(byteOffset, byteOffset + byteLength));
  const parts = leavesOfSlice(blob.manifest, wanted);
  if (!parts.ok) return parts;
  const [only, ...others] = parts.value;
  if (only !== undefined && others.length === 0) return readPart(source, only, options);
  return gather(source, { parts: parts.value, byteLength, into }, options);
}

async function gather(
  source: BlockSource,
  of: { readonly parts: readonly LeafPart[]; readonly byteLength: number; readonly into: Scratch },
  options: ReadOptions,
): Promise<Outcome<Uint8Array>> {
  const { parts, byteLength, into } = of;
  const slice = allocate(byteLength, into);
  if (!slice.ok) return slice;
  let doneBytes = 0;
  const lanes = { lanes: BLOCK_READS_MAX, signal: options.signal };
  const read = await inLanes(parts, lanes, async (part, signal) => {
    const bytes = await readPart(source, part, { signal });
    if (!bytes.ok) return bytes;
    slice.value.set(bytes.value, part.byteOffset);
    doneBytes += bytes.value.byteLength;
    options.onProgress?.(doneBytes, byteLength);
    return succeed(undefined);
  });
  return read.ok ? slice : read;
}

/**
 * Writes a whole blob out in order, while the leaves ahead are fetched: little memory for any
 * size. What fails after some was written leaves the rest unwritten; the taker decides.
 *
 * Errors: those of `BlockSource.get` and of `write`.
 */
export async function readBlobTo(
  source: BlockSource,
  wanted: {
    readonly blob: OpenBlob;
    readonly write: (bytes: Uint8Array) => Promise<Outcome<void>>;
  },
  options: ReadOptions = {},
): Promise<Outcome<void>> {
  const { blob, write } = wanted;
  const totalBytes = blob.ref.byteLength;
  let doneBytes = 0;
  for await (const read of readAhead(source, blob, options)) {
    if (!read.ok) return read;
    const written = await write(read.value);
    if (!written.ok) return written;
    doneBytes += read.value.byteLength;
    options.onProgress?.(doneBytes, totalBytes);
  }
  return succeed(undefined);
}

async function* readAhead(
  source: BlockSource,
  blob: OpenBlob,
  options: Abortable,
): AsyncGenerator<Outcome<Uint8Array>> {
  if (blob.kind === 'leaf') return yield succeed(blob.bytes);
  const parts = leavesOfSlice(blob.manifest, { byteOffset: 0, byteLength: blob.ref.byteLength });
  if (!parts.ok) return yield parts;
  const stop = new AbortController();
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const ahead: Promise<Outcome<Uint8Array>>[] = [];
  try {
    for (const part of parts.value) {
      ahead.push(readPart(source, part, { signal }));
      const oldest = ahead.length < BLOCK_READS_MAX ? undefined : ahead.shift();
      if (oldest !== undefined) yield await oldest;
    }
    for (const read of ahead) yield await read;
  } finally {
    // The taker may leave early.
    stop.abort();
  }
}

async function readPart(
  source: BlockSource,
  part: LeafPart,
  options: Abortable,
): Promise<Outcome<Uint8Array>> {
  if (options.signal?.aborted === true) return canceled(`reading leaf ${part.leaf}`);
  const leaf = await source.get(part.leaf, options);
  if (!leaf.ok) return leaf;
  if (leaf.value.byteLength === part.leafBytes) {
    return succeed(leaf.value.subarray(part.start, part.end));
  }
  // Whoever made the manifest named a leaf of another size.
  const { byteLength } = leaf.value;
  const text = `leaf ${part.leaf} has ${byteLength} bytes where its blob needs ${part.leafBytes}`;
  return fail(failure('input_malformed', `${text}. Upload the blob again.`));
}

function fresh(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength);
}

function allocate(byteLength: number, into: Scratch): Outcome<Uint8Array> {
  try {
    return succeed(into(byteLength));
  } catch {
    // The only error of this constructor for a natural number: RangeError, no such memory.
    const text = `${byteLength} bytes do not fit into memory at once`;
    return fail(failure('out_of_memory', `${text}. Read a smaller slice.`));
  }
}
