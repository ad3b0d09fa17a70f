// A whole job in one process, for this room's tests: plan, tasks one by one, structure, assembly.
import { decode, encode } from 'cborg';
import { failure, FailureError } from '../domain/failure.ts';
import { parseContentId, type ContentId } from '../domain/ids.ts';
import { USUAL_TERMS, type JobSpec, type WorkloadSpec } from '../domain/job.ts';
import { OPERATORS } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { tensorBytes, type RowRange, type Tensor, type TensorRef } from '../domain/tensor.ts';
import type { TaskOutput } from '../domain/work.ts';
import {
  openWasmKernelsAtOnce,
  openWasmProjector,
  runReference,
  type Kernels,
  type ModelSession,
} from '../kernels/index.ts';
import { assembleStage, type BlobWriter, type RowsOutput } from './assemble.ts';
import { executeTask } from './execute.ts';
import type { ModelFacts } from './inference/model-facts.ts';
import { neededOutputs } from './needed-outputs.ts';
import { taskInputs, type TensorReader } from './row-slice.ts';
import { checkStructure } from '../validation/index.ts';
import { jobOutputs, planJob, planStage, type JobPlan, type PlannedStage } from './workload.ts';

/** Blobs in memory, by ids that only count. */
export class MemoryTensors {
  readonly #blobs = new Map<ContentId<'blob'>, Uint8Array>();
  /** Bytes that were read. */
  readBytes = 0;

  put({ dtype, shape, bytes }: Tensor): TensorRef {
    const blob = this.#add(bytes);
    return { dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } };
  }

  /** Reads into what is used again, so that whoever keeps that finds other bytes there. */
  readonly read: TensorReader = async ({ dtype, shape, source }, into) => {
    const size = tensorBytes({ dtype, shape });
    if (source.kind === 'inline') return succeed({ dtype, shape, bytes: source.bytes });
    const blob = this.#blobs.get(source.blob);
    if (!blob || source.byteOffset + size > blob.byteLength) {
      return fail(failure('input_invalid', 'a slice outside its blob'));
    }
    this.readBytes += size;
    const held = blob.subarray(source.byteOffset, source.byteOffset + size);
    if (into === undefined) return succeed({ dtype, shape, bytes: held });
    const bytes = into(size);
    bytes.set(held);
    return succeed({ dtype, shape, bytes });
  };

  readonly write: BlobWriter = async (chunks) => {
    const parts: Uint8Array[] = [];
    try {
      for await (const chunk of chunks) parts.push(chunk.slice());
    } catch (cause) {
      if (cause instanceof FailureError) return fail(cause.failure);
      throw cause;
    }
    const bytes = new Uint8Array(Buffer.concat(parts));
    return succeed({ blob: this.#add(bytes), byteLength: bytes.byteLength });
  };

  #add(bytes: Uint8Array): ContentId<'blob'> {
    // Digits that base32 has: the number of blobs in base 6.
    const count = this.#blobs.size.toString(6).replaceAll(/./g, (digit) => `${Number(digit) + 2}`);
    const blob = valueOf(parseContentId(`bafkrei${count.padStart(52, 'a')}`));
    this.#blobs.set(blob, bytes);
    return blob;
  }
}

/** The references behind the face of kernels. */
export const REFERENCE_KERNELS: Kernels = {
  backend: 'wasm',
  operators: new Set(OPERATORS),
  run: async (call) => runReference(call),
  lost: new Promise(() => {}),
  close: () => {},
};

/** What checks compute with. */
export const CHECKING = {
  projector: valueOf(openWasmProjector()),
  kernels: valueOf(openWasmKernelsAtOnce()),
};

export type JobRun = {
  readonly store: MemoryTensors;
  readonly workload: WorkloadSpec;
  readonly rowsPerTask: number | null;
  readonly facts?: ModelFacts;
  readonly session?: ModelSession;
  readonly kernels?: Kernels;
};

/** Runs all stages of a job, each task by itself; the plan survives being stored. */
export async function runJob(run: JobRun): Promise<{
  plan: JobPlan;
  stages: readonly PlannedStage[];
  outputs: ReadonlyMap<string, Tensor>;
}> {
  const { workload, rowsPerTask } = run;
  const spec: JobSpec = { ...USUAL_TERMS, name: 'a job', workload, rowsPerTask };
  const plan: JobPlan = decode(encode(valueOf(planJob(spec, run.facts ?? null))));
  const tensors = new Map<string, TensorRef>();
  const stages: PlannedStage[] = [];
  for (let index = 0; index < plan.stageCount; index++) {
    const stage = valueOf(planStage(plan, { stage: index, tensors }));
    stages.push(stage);
    const results: RowsOutput[] = [];
    for (const rows of taskRows(stage)) {
      results.push({ rows, output: await runTask(run, { stage, rows }) });
    }
    const { read, write } = run.store;
    const needed = neededOutputs(plan, index);
    const made = valueOf(await assembleStage({ stage, needed, results, read, write }));
    for (const { name, tensor } of made) tensors.set(name, tensor);
  }
  const outputs = new Map<string, Tensor>();
  for (const { name, tensor } of valueOf(jobOutputs(plan, tensors))) {
    outputs.set(name, valueOf(await run.store.read(tensor)));
  }
  return { plan, stages, outputs };
}

/** Computes one task from its slices alone, and stores what came out. */
export async function runTask(
  run: Pick<JobRun, 'store' | 'session' | 'kernels'>,
  { stage, rows }: { stage: PlannedStage; rows: RowRange },
): Promise<TaskOutput> {
  const inputs = new Map<string, Tensor>();
  for (const { name, ref } of taskInputs(stage.work, rows)) {
    inputs.set(name, valueOf(await run.store.read(ref)));
  }
  const computed = await executeTask({
    work: stage.work,
    rows,
    inputs,
    kernelsFor: () => run.kernels ?? REFERENCE_KERNELS,
    session: run.session ?? null,
  });
  const output = valueOf(computed).map((tensor) => run.store.put(tensor));
  valueOf(checkStructure({ work: stage.work, rows, output }));
  return output;
}

/** The rows of each task, where every device gets the smallest. */
export function taskRows({ rowCount, cut }: PlannedStage): RowRange[] {
  const rowsPerTask = cut.kind === 'fixed' ? cut.rowsPerTask : cut.grainRows;
  const ranges: RowRange[] = [];
  for (let start = 0; start < rowCount; start += rowsPerTask) {
    ranges.push({ start, end: Math.min(rowCount, start + rowsPerTask) });
  }
  return ranges;
}

export function float32(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return { dtype: 'float32', shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}
