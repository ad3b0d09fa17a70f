import { assert, assertNever } from '../domain/assert.ts';
import type { ConformanceReport } from '../domain/capability.ts';
import { failure } from '../domain/failure.ts';
import { LANE_BUFFER_BYTES_MAX } from '../domain/limits.ts';
import type { PrimitiveName } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { BlobRef, StageInput } from '../domain/work.ts';
import type { ModelRunner, ModelSession, SpotVerdict } from '../kernels/index.ts';
import { executeTask, RowBuffers } from '../workloads/index.ts';
import { RecentCache } from './recent-cache.ts';
import {
  primitiveOf,
  type LaneAnswer,
  type LaneRequest,
  type LaneSpot,
  type LaneTask,
  type WantedItem,
} from './lane-message.ts';
import type { TryModels } from './model-conformance.ts';
import { openKernels, type LaneDevice, type OpenedKernels } from './lane-survey.ts';

/** How a lane answers; the buffers named are moved. */
export type LanePost = (answer: LaneAnswer, moved: readonly ArrayBuffer[]) => void;

// Least time between two reports of progress. Milliseconds.
const PROGRESS_MS = 200;
/** Of the small model that a backend is tried on before it runs any. */
const FIRST_TURN = 0;

/**
 * The inside of a compute worker: takes requests, one task at a time, and posts answers.
 *
 *   closed ──open──> idle ──run──> fetching what it lacks ──> computing ──> idle
 *                    idle ──spot──> trying its backends again ──> idle
 *
 * It ends with its worker only: a computation cannot be stopped from outside in another way.
 */
export function computeLane(device: LaneDevice, post: LanePost): (request: LaneRequest) => void {
  const lane = new ComputeLane(device, post);
  return (request) => lane.take(request);
}

class ComputeLane {
  readonly #device: LaneDevice;
  readonly #post: LanePost;
  readonly #given = new Map<number, (bytes: Outcome<Uint8Array>) => void>();
  #nextRequest = 0;
  #opened: OpenedKernels | null = null;
  #runner: { readonly runner: ModelRunner; readonly tryAgain: TryModels } | null = null;
  #models: RecentCache<ModelSession> | null = null;
  #tensors: RecentCache<Uint8Array> | null = null;
  /** What lies between the operators of a task: the next task's most often has the same sizes. */
  readonly #buffers = new RowBuffers();

  constructor(device: LaneDevice, post: LanePost) {
    this.#device = device;
    this.#post = post;
  }

  take(request: LaneRequest): void {
    switch (request.kind) {
      case 'open':
        void this.#open(request);
        return;
      case 'run':
        void this.#run(request);
        return;
      case 'spot':
        void this.#spot(request);
        return;
      case 'give':
        this.#given.get(request.request)?.(request.bytes);
        this.#given.delete(request.request);
        return;
      default:
        assertNever(request);
    }
  }

  async #open(request: Extract<LaneRequest, { kind: 'open' }>): Promise<void> {
    const bytesMax = request.cacheBytes / 2;
    const closeModel = (session: ModelSession): void => void session.close();
    this.#models = new RecentCache({ bytesMax, dispose: closeModel });
    this.#tensors = new RecentCache({ bytesMax, dispose: () => undefined });
    const opened = await openKernels({ device: this.#device, ...request });
    if (opened.ok) {
      this.#opened = opened.value;
      void opened.value.lost.then(() => this.#post({ kind: 'gpu-lost' }, []));
    }
    const survey = opened.ok ? succeed(opened.value.survey) : opened;
    this.#post({ kind: 'opened', survey }, []);
  }

  async #run(task: LaneTask): Promise<void> {
    const primitive = primitiveOf(task.work);
    const backend = this.#opened?.survey.primitives[primitive] ?? 'wasm';
    const progress = (rowsDone: number): void =>
      this.#post({ kind: 'progress', rowsDone, primitive, backend }, []);
    let startedAtMs = performance.now();
    const begun = (): void => {
      startedAtMs = performance.now();
      progress(0);
    };
    const outputs = await this.#compute(task, { begun, progress: rarely(progress) });
    const computeMs = performance.now() - startedAtMs;
    const moved = outputs.ok ? buffersOf(outputs.value) : [];
    this.#post({ kind: 'ran', outputs, computeMs, backend }, moved);
  }

  async #spot({ primitives, turn }: LaneSpot): Promise<void> {
    const failed: ConformanceReport[] = [];
    let isInconclusive = false;
    for (const primitive of primitives) {
      const verdict =
        primitive === 'model.run' ? await this.#tryModels(turn) : await this.#try(primitive, turn);
      if (verdict.kind === 'failed') failed.push(verdict.report);
      if (verdict.kind === 'untried') isInconclusive = true;
    }
    this.#post({ kind: 'spotted', failed, isInconclusive }, []);
  }

  async #try(primitive: Exclude<PrimitiveName, 'model.run'>, turn: number): Promise<SpotVerdict> {
    assert(this.#opened !== null, 'a lane is opened before it is tried again');
    return this.#opened.tryAgain(primitive, turn);
  }

  async #tryModels(turn: number): Promise<SpotVerdict> {
    if (this.#runner === null) return { kind: 'untried' };
    const { runner, tryAgain } = this.#runner;
    const tried = await tryAgain(turn);
    if (tried.ok) return { kind: 'passed' };
    const { code, message } = tried.failure;
    if (code !== 'conformance_failed') return { kind: 'untried' };
    const { backend } = runner;
    return {
      kind: 'failed',
      report: { primitive: 'model.run', backend, passed: false, detail: message },
    };
  }

  async #compute(
    task: LaneTask,
    told: { readonly begun: () => void; readonly progress: (rowsDone: number) => void },
  ): Promise<Outcome<readonly Tensor[]>> {
    const opened = this.#opened;
    assert(opened !== null, 'a lane is opened before it runs');
    const inputs = await this.#inputsOf(task);
    if (!inputs.ok) return inputs;
    const { program } = task.work;
    const model = program.kind === 'model' ? await this.#modelOf(program.model) : null;
    if (model !== null && !model.ok) return model;
    told.begun();
    try {
      return await executeTask({
        work: task.work,
        rows: task.rows,
        inputs: inputs.value,
        kernelsFor: opened.kernelsFor,
        session: model?.value ?? null,
        buffers: this.#buffers,
        onRowsDone: told.progress,
      });
    } catch (cause) {
      // The top of the lane: whatever a kernel or ONNX Runtime throws is this task's failure.
      const detail = cause instanceof Error ? cause.message : String(cause);
      const text = `computing failed: ${detail.slice(0, 300)}. Try it on another device.`;
      return fail(failure('execution_failed', text));
    } finally {
      this.#buffers.keepWithin(LANE_BUFFER_BYTES_MAX);
    }
  }

  /** Inputs by name: those cut to the task's rows came with it, the others are here or asked for. */
  async #inputsOf(task: LaneTask): Promise<Outcome<ReadonlyMap<string, Tensor>>> {
    const inputs = new Map<string, Tensor>();
    for (const [index, input] of task.work.inputs.entries()) {
      const cut = task.inputs[index] ?? null;
      const tensor = cut === null ? await this.#wholeInput(input) : succeed(cut);
      if (!tensor.ok) return tensor;
      inputs.set(input.name, tensor.value);
    }
    return succeed(inputs);
  }

  async #wholeInput({ tensor }: StageInput): Promise<Outcome<Tensor>> {
    const { dtype, shape, source } = tensor;
    if (source.kind === 'inline') return succeed({ dtype, shape, bytes: source.bytes });
    const key = `${source.blob} ${source.byteOffset} ${dtype} ${shape.join()}`;
    const known = this.#tensors?.get(key);
    if (known !== undefined) return succeed({ dtype, shape, bytes: known });
    const bytes = await this.#want({ kind: 'tensor', tensor });
    if (!bytes.ok) return bytes;
    this.#tensors?.add(key, { value: bytes.value, bytes: bytes.value.byteLength });
    return succeed({ dtype, shape, bytes: bytes.value });
  }

  async #modelOf(model: BlobRef): Promise<Outcome<ModelSession>> {
    const known = this.#models?.get(model.blob);
    if (known !== undefined) return succeed(known);
    const runner = await this.#openRunner();
    if (!runner.ok) return runner;
    const bytes = await this.#want({ kind: 'model', model });
    if (!bytes.ok) return bytes;
    const session = await runner.value.load(bytes.value);
    if (session.ok) {
      this.#models?.add(model.blob, { value: session.value, bytes: model.byteLength });
    }
    return session;
  }

  async #openRunner(): Promise<Outcome<ModelRunner>> {
    if (this.#runner !== null) return succeed(this.#runner.runner);
    const backend = this.#opened?.survey.primitives['model.run'];
    if (backend === undefined) {
      return fail(failure('backend_unsupported', 'no models run on this device. Use another.'));
    }
    const runner = await this.#device.openModelRunner(backend);
    if (!runner.ok) return runner;
    // Of use to whoever computes models alone.
    const { openModelVectors } = await import('./model-conformance.ts');
    const vectors = await openModelVectors(runner.value);
    if (!vectors.ok) return vectors;
    const passed = await vectors.value(FIRST_TURN);
    if (!passed.ok) return passed;
    this.#runner = { runner: runner.value, tryAgain: vectors.value };
    return runner;
  }

  #want(item: WantedItem): Promise<Outcome<Uint8Array>> {
    const request = this.#nextRequest++;
    return new Promise((resolve) => {
      this.#given.set(request, resolve);
      this.#post({ kind: 'want', request, item }, []);
    });
  }
}

/** Lets a call through at most every PROGRESS_MS. */
function rarely(call: (rowsDone: number) => void): (rowsDone: number) => void {
  let lastAtMs = performance.now();
  return (rowsDone) => {
    const nowMs = performance.now();
    if (nowMs - lastAtMs < PROGRESS_MS) return;
    lastAtMs = nowMs;
    call(rowsDone);
  };
}

/** The buffers that may move: each once, and none that only a part of belongs to a tensor. */
function buffersOf(tensors: readonly Tensor[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { bytes } of tensors) {
    const { buffer } = bytes;
    const isWhole = bytes.byteLength === buffer.byteLength;
    if (isWhole && buffer instanceof ArrayBuffer) buffers.add(buffer);
  }
  return [...buffers];
}
