import { OPEN_BLOBS_MAX } from '../domain/limits.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes } from '../domain/tensor.ts';
import { openBlob, viewSlice, type BlockSource, type OpenBlob } from '../data/index.ts';
import type { TensorReader } from '../workloads/index.ts';

/**
 * Reads tensors out of messages and blobs: bytes that others may hold.
 *
 * Errors: those of the source, "input_invalid".
 */
export function tensorReader(source: BlockSource): TensorReader {
  // A Map keeps insertion order: the first is the least recently used.
  const open = new Map<string, OpenBlob>();

  const opened = async (id: OpenBlob['ref']['blob']): Promise<Outcome<OpenBlob>> => {
    const known = open.get(id);
    if (known !== undefined) {
      open.delete(id);
      open.set(id, known);
      return succeed(known);
    }
    const blob = await openBlob(source, { blob: id });
    if (!blob.ok) return blob;
    open.set(id, blob.value);
    const [oldest] = open.keys();
    if (open.size > OPEN_BLOBS_MAX && oldest !== undefined) open.delete(oldest);
    return blob;
  };

  return async ({ dtype, shape, source: from }, into) => {
    if (from.kind === 'inline') return succeed({ dtype, shape, bytes: from.bytes });
    const blob = await opened(from.blob);
    if (!blob.ok) return blob;
    const byteLength = tensorBytes({ dtype, shape });
    const { byteOffset } = from;
    const bytes = await viewSlice(source, { blob: blob.value, byteOffset, byteLength, into });
    return bytes.ok ? succeed({ dtype, shape, bytes: bytes.value }) : bytes;
  };
}
