import {
  openBlob,
  readBlobTo,
  readSlice,
  writeBlob,
  type BlockSink,
  type BlockSource,
  type OpenBlob,
} from '../data/index.ts';
import { failure } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { INLINE_TENSOR_BYTES_MAX, LEAF_BYTES } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type Tensor, type TensorRef } from '../domain/tensor.ts';
import type { BlobRef, LeasedTask, StageWork, TaskOutput } from '../domain/work.ts';
import { taskInputs } from '../workloads/index.ts';
import type { LaneTask, WantedItem } from './lane-message.ts';
import { RecentCache } from './recent-cache.ts';

/** What goes into tasks and what comes out, by value or by content id; all of it verified. */
export type TaskData = {
  /**
   * Fetches what a task needs, ahead of its computing: its own rows into memory, and what all
   * tasks of its stage share into the cache, from where lanes get it once each.
   *
   * Errors: those of the block source, "input_malformed" for rows outside an input.
   */
  fetchInputs(task: LeasedTask, signal: AbortSignal): Promise<Outcome<LaneTask>>;
  /** A model or whole input; the caller owns the bytes. */
  give(item: WantedItem, signal: AbortSignal): Promise<Outcome<Uint8Array>>;
};

// Manifests and single-leaf blobs kept open. Bytes.
const OPEN_BLOBS_BYTES_MAX = 64 * LEAF_BYTES;

/** Where task data comes from; both best cached, and the same where there is one cache. */
export type TaskSources = {
  /** Of what tasks share: models, whole inputs, and the manifests of all blobs. */
  readonly lasting: BlockSource;
  /** Of a task's own rows, which no other task reads: to keep them costs more than to fetch. */
  readonly passing: BlockSource;
};

/** Reads task data from sources of blocks. */
export function taskData({ lasting, passing }: TaskSources): TaskData {
  const opened = new RecentCache<OpenBlob>({
    bytesMax: OPEN_BLOBS_BYTES_MAX,
    dispose: () => undefined,
  });
  const warm = new Set<string>();

  const open = async (
    wanted: { readonly blob: ContentId<'blob'>; readonly byteLength?: number },
    signal: AbortSignal,
  ): Promise<Outcome<OpenBlob>> => {
    const known = opened.get(wanted.blob);
    if (known !== undefined) return succeed(known);
    const blob = await openBlob(lasting, wanted, { signal });
    // Two that open it at once add it twice, so the later one finds it there.
    if (blob.ok && opened.get(wanted.blob) === undefined) {
      opened.add(wanted.blob, { value: blob.value, bytes: heldBytes(blob.value) });
    }
    return blob;
  };

  const readTensor = async (
    source: BlockSource,
    ref: TensorRef,
    signal: AbortSignal,
  ): Promise<Outcome<Uint8Array>> => {
    if (ref.source.kind === 'inline') return succeed(ref.source.bytes.slice());
    const blob = await open(ref.source, signal);
    if (!blob.ok) return blob;
    const { byteOffset } = ref.source;
    const slice = { blob: blob.value, byteOffset, byteLength: tensorBytes(ref) };
    return readSlice(source, slice, { signal });
  };

  const warmModel = async (model: BlobRef, signal: AbortSignal): Promise<Outcome<void>> => {
    if (warm.has(model.blob)) return succeed(undefined);
    const blob = await open(model, signal);
    if (!blob.ok) return blob;
    const write = async (): Promise<Outcome<void>> => succeed(undefined);
    const read = await readBlobTo(lasting, { blob: blob.value, write }, { signal });
    if (read.ok) warm.add(model.blob);
    return read;
  };

  const warmTensor = async (ref: TensorRef, signal: AbortSignal): Promise<Outcome<void>> => {
    if (ref.source.kind === 'inline') return succeed(undefined);
    const key = `${ref.source.blob} ${ref.source.byteOffset} ${tensorBytes(ref)}`;
    if (warm.has(key)) return succeed(undefined);
    const read = await readTensor(lasting, ref, signal);
    if (!read.ok) return read;
    warm.add(key);
    return succeed(undefined);
  };

  return {
    fetchInputs: async ({ work, rows }, signal) => {
      const { program } = work;
      if (program.kind === 'model') {
        const model = await warmModel(program.model, signal);
        if (!model.ok) return model;
      }
      if (!holdsRows(work, rows.end)) return rowsOutside(rows.end);
      const inputs: (Tensor | null)[] = [];
      for (const { ref, cut } of taskInputs(work, rows)) {
        if (cut === 'whole') {
          const shared = await warmTensor(ref, signal);
          if (!shared.ok) return shared;
          inputs.push(null);
        } else {
          const bytes = await readTensor(passing, ref, signal);
          if (!bytes.ok) return bytes;
          inputs.push({ dtype: ref.dtype, shape: ref.shape, bytes: bytes.value });
        }
      }
      return succeed({ work: compact(work), rows, inputs });
    },
    give: async (item, signal) => {
      if (item.kind === 'tensor') return readTensor(lasting, item.tensor, signal);
      const blob = await open(item.model, signal);
      if (!blob.ok) return blob;
      const { byteLength } = item.model;
      return readSlice(lasting, { blob: blob.value, byteOffset: 0, byteLength }, { signal });
    },
  };
}

/**
 * A task's outputs as a report carries them: small ones inside it, larger ones put as blobs first.
 *
 * Errors: those of the sink.
 */
export async function storeOutputs(
  sink: BlockSink,
  outputs: readonly Tensor[],
  signal: AbortSignal,
): Promise<Outcome<TaskOutput>> {
  const refs: TensorRef[] = [];
  for (const { dtype, shape, bytes } of outputs) {
    if (bytes.byteLength <= INLINE_TENSOR_BYTES_MAX) {
      refs.push({ dtype, shape, source: { kind: 'inline', bytes } });
      continue;
    }
    const written = await writeBlob(sink, onceOf(bytes), { signal });
    if (!written.ok) return written;
    const { blob } = written.value;
    refs.push({ dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } });
  }
  return succeed(refs);
}

async function* onceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The rows are the orchestrator's word. */
function holdsRows(work: StageWork, end: number): boolean {
  return work.inputs.every(({ tensor, cut }) => cut === 'whole' || end <= (tensor.shape[0] ?? 0));
}

function rowsOutside(end: number): Outcome<never> {
  const text = `a task names rows up to ${end}, which its inputs do not have`;
  return fail(failure('input_malformed', `${text}. The orchestrator has a fault; report it.`));
}

const compacted = new WeakMap<StageWork, StageWork>();

/**
 * The same work with inline bytes in buffers of their own: a parsed message's are parts of the
 * whole message, which every posting to a lane would copy.
 */
function compact(work: StageWork): StageWork {
  const known = compacted.get(work);
  if (known !== undefined) return known;
  const inputs = work.inputs.map((input) => {
    const { source } = input.tensor;
    if (source.kind === 'blob') return input;
    const own = { kind: 'inline', bytes: source.bytes.slice() } as const;
    return { ...input, tensor: { ...input.tensor, source: own } };
  });
  const made = { ...work, inputs };
  compacted.set(work, made);
  return made;
}

function heldBytes(blob: OpenBlob): number {
  return blob.kind === 'leaf' ? blob.bytes.byteLength : blob.manifest.digests.byteLength;
}
