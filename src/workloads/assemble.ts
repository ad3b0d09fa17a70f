import { assert } from '../domain/assert.ts';
import { failure, FailureError } from '../domain/failure.ts';
import { INLINE_TENSOR_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type RowRange, type TensorRef } from '../domain/tensor.ts';
import type { BlobRef, NamedTensor, TaskOutput } from '../domain/work.ts';
import type { TensorReader } from './row-slice.ts';
import { checkStructure } from '../validation/index.ts';
import type { PlannedStage } from './workload.ts';

/**
 * Stores a stream of bytes as a blob. A `FailureError` that the stream throws is the outcome, and
 * then no blob is there.
 */
export type BlobWriter = (chunks: AsyncIterable<Uint8Array>) => Promise<Outcome<BlobRef>>;

/** What stands for some rows of a stage. */
export type RowsOutput = { readonly rows: RowRange; readonly output: TaskOutput };

/**
 * Joins the accepted results of a stage's tasks, in the order of their rows, into its tensors.
 *
 * `needed` names the outputs that are joined: witnesses are not. Rows must follow each other from the first to the last, each result must have its rows'
 * very shape, and each tensor comes out with its very size, so that no row is lost or doubled. Small tensors come inline, others as blobs;
 * one task's tensor at a time is in memory.
 * Errors: shape_mismatch, bytes_mismatch, and those of `read` and `write`.
 */
export async function assembleStage(of: {
  readonly stage: PlannedStage;
  readonly needed: ReadonlySet<string>;
  readonly results: readonly RowsOutput[];
  readonly read: TensorReader;
  readonly write: BlobWriter;
}): Promise<Outcome<readonly NamedTensor[]>> {
  const { stage, needed, results } = of;
  const { work, rowCount } = stage;
  let end = 0;
  for (const { rows, output } of results) {
    assert(rows.start === end, `row ${end} of the stage has one accepted result`);
    end = rows.end;
    const structure = checkStructure({ work, rows, output });
    if (!structure.ok) return structure;
  }
  assert(end === rowCount, `all ${rowCount} rows of the stage are accepted`);
  const tensors: NamedTensor[] = [];
  for (const [index, { name, dtype, rowShape }] of work.outputs.entries()) {
    if (!needed.has(name)) continue;
    const parts: TensorRef[] = [];
    for (const { output } of results) {
      const part = output[index];
      if (part !== undefined) parts.push(part);
    }
    const type = { dtype, shape: [rowCount, ...rowShape] };
    const source = await joined({ ...of, parts, byteLength: tensorBytes(type) });
    if (!source.ok) return source;
    tensors.push({ name, tensor: { ...type, source: source.value } });
  }
  return succeed(tensors);
}

type Joining = {
  readonly parts: readonly TensorRef[];
  readonly byteLength: number;
  readonly read: TensorReader;
  readonly write: BlobWriter;
};

async function joined(of: Joining): Promise<Outcome<TensorRef['source']>> {
  if (of.byteLength <= INLINE_TENSOR_BYTES_MAX) return joinedInline(of);
  const blob = await of.write(chunksOf(of));
  if (!blob.ok) return blob;
  const size = checkedSize(of, blob.value.byteLength);
  return size.ok ? succeed({ kind: 'blob', blob: blob.value.blob, byteOffset: 0 }) : size;
}

async function joinedInline(of: Joining): Promise<Outcome<TensorRef['source']>> {
  const bytes = new Uint8Array(of.byteLength);
  let end = 0;
  for (const part of of.parts) {
    const chunk = await readPart(of.read, part);
    if (!chunk.ok) return chunk;
    bytes.set(chunk.value, end);
    end += chunk.value.byteLength;
  }
  const size = checkedSize(of, end);
  return size.ok ? succeed({ kind: 'inline', bytes }) : size;
}

// Of small parts that go on together, since each step of a stream costs more than they. Bytes.
const GATHERED_BYTES = 64 * 1024;

/** Throws FailureError: a stream has no other way to tell its taker. */
async function* chunksOf({ parts, read }: Joining): AsyncGenerator<Uint8Array> {
  let gathered = new Uint8Array(GATHERED_BYTES);
  let filled = 0;
  for (const part of parts) {
    const { source } = part;
    const chunk = source.kind === 'inline' ? sized(part, source.bytes) : await readPart(read, part);
    if (!chunk.ok) throw new FailureError(chunk.failure);
    const bytes = chunk.value;
    if (filled > 0 && filled + bytes.byteLength > GATHERED_BYTES) {
      yield gathered.subarray(0, filled);
      gathered = new Uint8Array(GATHERED_BYTES);
      filled = 0;
    }
    if (bytes.byteLength > GATHERED_BYTES) {
      yield bytes;
      continue;
    }
    gathered.set(bytes, filled);
    filled += bytes.byteLength;
  }
  if (filled > 0) yield gathered.subarray(0, filled);
}

async function readPart(read: TensorReader, part: TensorRef): Promise<Outcome<Uint8Array>> {
  const tensor = await read(part);
  if (!tensor.ok) return tensor;
  return sized(part, tensor.value.bytes);
}

function sized(part: TensorRef, bytes: Uint8Array): Outcome<Uint8Array> {
  const size = checkedSize({ byteLength: tensorBytes(part) }, bytes.byteLength);
  return size.ok ? succeed(bytes) : size;
}

function checkedSize(wanted: { byteLength: number }, byteLength: number): Outcome<void> {
  if (byteLength === wanted.byteLength) return succeed(undefined);
  const text = `${byteLength} bytes were read or written where ${wanted.byteLength} belong`;
  return fail(failure('bytes_mismatch', `${text}: the store is damaged, run the job again`));
}
