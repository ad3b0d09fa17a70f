import { encodeNpyHeader, openBlob, readSlice } from '../data/index.ts';
import type { JobId } from '../domain/ids.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type DType, type Shape, type TensorRef } from '../domain/tensor.ts';
import type { NamedTensor } from '../domain/work.ts';
import { namedTensorFromWire } from '../wire/index.ts';
import type { Connection } from './connection.ts';
import { openOutputFile } from './output-file.ts';
import type { OnTransfer } from './tensor-file.ts';

/** Fetched at once, and so held in memory. Bytes. */
const PIECE_BYTES = 8 << 20;

/** A tensor that was written. */
export type WrittenOutput = {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly path: string;
};

/** The tensors that a finished job put out. Errors: job_unknown, job_not_finished, job_failed, … */
export async function outputsOf(
  connection: Connection,
  job: JobId,
): Promise<Outcome<readonly NamedTensor[]>> {
  const answer = await connection.call((options) =>
    connection.jobs.getOutput({ jobId: job }, options),
  );
  if (!answer.ok) return answer;
  const tensors: NamedTensor[] = [];
  for (const message of answer.value.outputs) {
    const tensor = namedTensorFromWire(message);
    if (!tensor.ok) return tensor;
    tensors.push(tensor.value);
  }
  return succeed(tensors);
}

/**
 * Writes tensors as .npy files, each whole or not at all; every byte is verified.
 *
 * `paths`: by name; names without a path are left out.
 */
export async function writeOutputs(
  connection: Connection,
  of: {
    readonly tensors: readonly NamedTensor[];
    readonly paths: ReadonlyMap<string, string>;
    readonly onTransfer: OnTransfer;
  },
): Promise<Outcome<readonly WrittenOutput[]>> {
  const outputs: WrittenOutput[] = [];
  for (const { name, tensor } of of.tensors) {
    const path = of.paths.get(name);
    if (path === undefined) continue;
    const outcome = await writeTensor(connection, { tensor, path, onTransfer: of.onTransfer });
    if (!outcome.ok) return outcome;
    outputs.push({ name, dtype: tensor.dtype, shape: tensor.shape, path });
  }
  return succeed(outputs);
}

type TensorWriting = {
  readonly tensor: TensorRef;
  readonly path: string;
  readonly onTransfer: OnTransfer;
};

async function writeTensor(connection: Connection, of: TensorWriting): Promise<Outcome<void>> {
  const { tensor, path, onTransfer } = of;
  const opened = await openOutputFile(path);
  if (!opened.ok) return opened;
  const file = opened.value;
  const totalBytes = tensorBytes(tensor);
  let doneBytes = 0;
  let outcome = await file.write(encodeNpyHeader(tensor));
  for await (const piece of piecesOf(connection, tensor)) {
    outcome = piece.ok && outcome.ok ? await file.write(piece.value) : piece.ok ? outcome : piece;
    if (!outcome.ok) break;
    doneBytes += piece.ok ? piece.value.byteLength : 0;
    onTransfer({ what: path, doneBytes, totalBytes });
  }
  if (outcome.ok) return file.commit();
  await file.discard();
  return outcome;
}

async function* piecesOf(
  { blocks, signal }: Connection,
  tensor: TensorRef,
): AsyncGenerator<Outcome<Uint8Array>> {
  const { source } = tensor;
  if (source.kind === 'inline') return yield succeed(source.bytes);
  const blob = await openBlob(blocks, { blob: source.blob }, { signal });
  if (!blob.ok) return yield blob;
  const totalBytes = tensorBytes(tensor);
  for (let doneBytes = 0; doneBytes < totalBytes; doneBytes += PIECE_BYTES) {
    const byteOffset = source.byteOffset + doneBytes;
    const byteLength = Math.min(PIECE_BYTES, totalBytes - doneBytes);
    yield await readSlice(blocks, { blob: blob.value, byteOffset, byteLength }, { signal });
  }
}
