import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseNpyHeader, writeBlob, type BlockSink, type NpyHeader } from '../data/index.ts';
import { failure, FailureError } from '../domain/failure.ts';
import { INLINE_TENSOR_BYTES_MAX, NPY_HEADER_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type TensorRef } from '../domain/tensor.ts';
import type { BlobRef } from '../domain/work.ts';

/** Told of bytes that move. */
export type OnTransfer = (of: {
  readonly what: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}) => void;

/** Where a file goes. */
export type Upload = {
  readonly sink: BlockSink;
  readonly signal: AbortSignal;
  readonly onTransfer: OnTransfer;
};

/** A .npy file whose header was read: nothing is uploaded before all files are known to do. */
export type TensorFile = {
  readonly path: string;
  readonly fileBytes: number;
  readonly header: NpyHeader;
};

/** Reads a .npy file's header. Errors: input_malformed, input_invalid, limit_exceeded, and others of parseNpyHeader. */
export async function openTensorFile(path: string): Promise<Outcome<TensorFile>> {
  try {
    await using file = await open(path);
    const { size: fileBytes } = await file.stat();
    const prefix = new Uint8Array(Math.min(fileBytes, NPY_HEADER_BYTES_MAX + 12));
    await file.read(prefix, 0, prefix.byteLength, 0);
    const header = parseNpyHeader(prefix, fileBytes);
    if (header.ok) return succeed({ path, fileBytes, header: header.value });
    return fail({ ...header.failure, message: `${path}: ${header.failure.message}` });
  } catch (cause) {
    return unreadable(path, cause);
  }
}

/** Uploads a tensor, or takes it along in the message where it is small. */
export async function uploadTensor(file: TensorFile, upload: Upload): Promise<Outcome<TensorRef>> {
  const { dtype, shape, dataOffset } = file.header;
  if (tensorBytes(file.header) > INLINE_TENSOR_BYTES_MAX) {
    const uploaded = await uploadFile(file, upload);
    if (!uploaded.ok) return uploaded;
    const { blob } = uploaded.value;
    return succeed({ dtype, shape, source: { kind: 'blob', blob, byteOffset: dataOffset } });
  }
  const bytes = await readWhole(file.path);
  if (!bytes.ok) return bytes;
  if (bytes.value.byteLength !== file.fileBytes) return changed(file.path);
  return succeed({
    dtype,
    shape,
    source: { kind: 'inline', bytes: bytes.value.subarray(dataOffset) },
  });
}

/**
 * Uploads a file of any size with little memory, as a blob.
 *
 * Begun again after an interruption it sends only what is missing there.
 * Errors: those of `writeBlob`; input_invalid where the file changes meanwhile.
 */
export async function uploadFile(
  file: { readonly path: string; readonly fileBytes: number },
  { sink, signal, onTransfer }: Upload,
): Promise<Outcome<BlobRef>> {
  const { path, fileBytes: totalBytes } = file;
  const what = basename(path);
  onTransfer({ what, doneBytes: 0, totalBytes });
  const onProgress = (doneBytes: number): void => onTransfer({ what, doneBytes, totalBytes });
  const written = await writeBlob(sink, chunksOf(path), { signal, onProgress });
  if (!written.ok) return written;
  return written.value.byteLength === totalBytes ? written : changed(path);
}

/** A whole file. Errors: input_invalid. */
export async function readWhole(path: string): Promise<Outcome<Uint8Array>> {
  try {
    return succeed(await readFile(path));
  } catch (cause) {
    return unreadable(path, cause);
  }
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 20 });
  } catch (cause) {
    const outcome = unreadable(path, cause);
    throw new FailureError(outcome.failure);
  }
}

function unreadable(path: string, cause: unknown): { ok: false; failure: FailureError['failure'] } {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  const detail = cause instanceof Error ? cause.message : String(cause);
  const why = code === 'ENOENT' ? 'there is no such file' : detail;
  return fail(failure('input_invalid', `cannot read ${path}: ${why}. Check the path.`));
}

function changed(path: string): Outcome<never> {
  const text = `${path} changed while it was uploaded`;
  return fail(failure('input_invalid', `${text}. Wait until it is written, and try again.`));
}
