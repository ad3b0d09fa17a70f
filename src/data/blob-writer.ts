import { failure, FailureError } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { BLOB_BYTES_MAX, BLOCK_READS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { BlobRef } from '../domain/work.ts';
import { blobHash, cutIntoLeaves, leafIdOf, type Block } from '../integrity/index.ts';
import { canceled } from './block-failure.ts';
import type { Abortable, BlockSink } from './block-store.ts';
import { inLanes } from './in-lanes.ts';

export type WriteOptions = Abortable & {
  /** Told how many bytes of the source have been taken and are held by the sink. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
};

/**
 * Writes a blob of any size with little memory: leaves as the source gives them, the manifest
 * last, so that a blob's id is only known once all of it is held.
 *
 * A `FailureError` that the source throws is the outcome; other errors of the source go on.
 * Limits: BLOB_BYTES_MAX. Errors: those of the sink, "limit_exceeded", "canceled".
 */
export async function writeBlob(
  sink: BlockSink,
  source: AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<Outcome<BlobRef>> {
  const hash = blobHash();
  let doneBytes = 0;
  let batch: Block[] = [];
  const flush = async (): Promise<Outcome<void>> => {
    const put = await putMissing(sink, batch, options);
    if (put.ok) options.onProgress?.(doneBytes);
    batch = [];
    return put;
  };
  try {
    for await (const bytes of cutIntoLeaves(source)) {
      if (options.signal?.aborted === true) return canceled('writing a blob');
      doneBytes += bytes.byteLength;
      if (doneBytes > BLOB_BYTES_MAX) return tooLarge();
      const id = await leafIdOf(bytes);
      hash.add(id, bytes.byteLength);
      batch.push({ id, bytes });
      if (batch.length < BLOCK_READS_MAX) continue;
      const flushed = await flush();
      if (!flushed.ok) return flushed;
    }
  } catch (cause) {
    if (cause instanceof FailureError) return fail(cause.failure);
    throw cause;
  }
  const flushed = await flush();
  if (!flushed.ok) return flushed;
  const { ref, manifest } = await hash.finish();
  const put = await putMissing(sink, manifest === null ? [] : [manifest], options);
  return put.ok ? succeed(ref) : put;
}

async function putMissing(
  sink: BlockSink,
  batch: readonly Block[],
  options: Abortable,
): Promise<Outcome<void>> {
  // A blob may repeat a leaf.
  const blocks = new Map<ContentId, Uint8Array>(batch.map((block) => [block.id, block.bytes]));
  if (blocks.size === 0) return succeed(undefined);
  const missing = await sink.missing([...blocks.keys()], options);
  if (!missing.ok) return missing;
  const lanes = { lanes: BLOCK_READS_MAX, signal: options.signal };
  return inLanes(missing.value, lanes, async (id, signal) => {
    if (signal.aborted) return canceled(`writing block ${id}`);
    // What the other side asks for beyond what was offered is its error, and not ours to send.
    const bytes = blocks.get(id);
    return bytes === undefined ? succeed(undefined) : sink.put(id, bytes, { signal });
  });
}

function tooLarge(): Outcome<never> {
  const text = `a blob may have at most ${BLOB_BYTES_MAX} bytes`;
  return fail(failure('limit_exceeded', `${text}. Split the file.`));
}
