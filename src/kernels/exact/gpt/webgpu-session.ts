import { failure, type Failure } from '../../../domain/failure.ts';
import { EXACT_ROWS_MAX, GPU_SUBMISSION_PRODUCTS_MAX } from '../../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import { WGSL } from '../../gen/wgsl.ts';
import {
  hasPackedDot,
  MAP_READ,
  openGpuDevice,
  SIZES_BYTES,
  STAGING,
  STORAGE,
  UNIFORM,
} from '../../gpu-device.ts';
import { checkedGpt, checkedTokens } from './check-gpt.ts';
import { embed } from './embed.ts';
import type { GptSession } from './gpt-session.ts';
import type { ExactGpt } from './gpt.ts';
import { paddedColumns, webGpuParts, type BufferSource, type Parts } from './webgpu-parts.ts';

/**
 * Opens an exact GPT on a WebGPU device of its own; `gpu` is `navigator.gpu`, or Dawn's in Node.
 * Its weights and all buffers are made once.
 *
 * Errors: as of `checkedGpt`; backend_unsupported (no adapter, or shaders that it does not
 * compile), limit_exceeded (a matrix above the device's limits), out_of_memory.
 */
export async function openWebGpuGpt(
  gpt: ExactGpt,
  of: { readonly gpu: GPU; readonly packedDot?: boolean },
): Promise<Outcome<GptSession>> {
  const checked = checkedGpt(gpt);
  if (!checked.ok) return checked;
  const packedDot = of.packedDot ?? hasPackedDot(of.gpu);
  try {
    const opened = await openGpuDevice(of.gpu);
    if (opened === null) return unsupported('there is no WebGPU adapter');
    return await openOn(opened.device, { gpt, gpu: of.gpu, packedDot });
  } catch (cause) {
    return unsupported(String(cause));
  }
}

async function openOn(
  device: GPUDevice,
  { gpt, gpu, packedDot }: { gpt: ExactGpt; gpu: GPU; packedDot: boolean },
): Promise<Outcome<GptSession>> {
  const { width, hidden, vocabulary } = gpt.config;
  const limit = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  const largest = width * Math.max(3 * width, hidden, paddedColumns(vocabulary));
  if (largest > limit) {
    device.destroy();
    const why = `a matrix of ${largest} bytes is above this GPU's ${limit}`;
    return fail(failure('limit_exceeded', `a GPT on WebGPU: ${why}: compute with WASM`));
  }
  const byTime = Math.floor(GPU_SUBMISSION_PRODUCTS_MAX / largest);
  const bySpace = Math.floor(limit / (4 * Math.max(3 * width, paddedColumns(vocabulary))));
  const rows = Math.max(4, Math.min(EXACT_ROWS_MAX, gpt.config.context, byTime, bySpace));
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const make = (source: BufferSource): GPUBuffer => {
    const bytes = typeof source === 'number' ? source : source.byteLength;
    const usage = STORAGE;
    const buffer = device.createBuffer({ size: bytes, usage });
    if (typeof source !== 'number') device.queue.writeBuffer(buffer, 0, source);
    return buffer;
  };
  const parts = webGpuParts(gpt, { rows, packedDot, make });
  const { size } = parts.logits;
  const staging = device.createBuffer({ size, usage: STAGING });
  const memory = device.popErrorScope();
  const validation = device.popErrorScope();
  const [outOfMemory, invalid] = await Promise.all([memory, validation]);
  if (outOfMemory ?? invalid) {
    device.destroy();
    const why = outOfMemory?.message ?? invalid?.message ?? '';
    if (!outOfMemory) return unsupported(why);
    return fail(failure('out_of_memory', `a GPT on WebGPU: ${why}: compute with WASM`));
  }
  const steps = await stepsOf(device, parts);
  return succeed(new WebGpuGpt({ gpt, gpu, device, parts, staging, rows, ...steps }));
}

type Step = {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: (rows: number) => readonly [number, number];
};

/** Pipelines and bind groups of all dispatches, made once. */
async function stepsOf(
  device: GPUDevice,
  { dispatches }: Parts,
): Promise<{ steps: readonly Step[]; frame: GPUBuffer }> {
  const frame = device.createBuffer({ size: SIZES_BYTES, usage: UNIFORM });
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const pipelineOf = (shader: keyof typeof WGSL): Promise<GPUComputePipeline> => {
    const known = pipelines.get(shader);
    if (known) return known;
    // A shader that does not compile here rejects its pipeline too; the scope has the reason.
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: shader, code: WGSL[shader] });
    const reason = device.popErrorScope();
    const compute = { module, entryPoint: 'main' };
    const made = device
      .createComputePipelineAsync({ label: shader, layout: 'auto', compute })
      .catch(async (cause: unknown) => {
        throw new Error((await reason)?.message ?? String(cause), { cause });
      });
    pipelines.set(shader, made);
    return made;
  };
  const steps = await Promise.all(
    dispatches.map(async ({ shader, sizes, buffers, workgroups }) => {
      const uniform = device.createBuffer({
        size: SIZES_BYTES,
        usage: UNIFORM,
      });
      device.queue.writeBuffer(uniform, 0, Int32Array.from(sizes));
      const pipeline = await pipelineOf(shader);
      const entries = [uniform, frame, ...buffers].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      }));
      // Layouts are of what a shader reads, and norms read no frame.
      const used =
        shader === 'exactNorm' ? entries.filter(({ binding }) => binding !== 1) : entries;
      const layout = pipeline.getBindGroupLayout(0);
      const group = device.createBindGroup({ layout, entries: used });
      return { pipeline, group, workgroups };
    }),
  );
  return { steps, frame };
}

function unsupported(why: string): Outcome<never> {
  const remedy = 'update the browser and the graphics driver, or compute with WASM';
  return fail(failure('backend_unsupported', `no exact GPT on WebGPU here, ${why}: ${remedy}`));
}

class WebGpuGpt implements GptSession {
  /** Held, because Dawn in Node dies with its GPU object, devices and all. */
  readonly gpu: GPU;
  readonly #gpt: ExactGpt;
  readonly #device: GPUDevice;
  readonly #parts: Parts;
  readonly #steps: readonly Step[];
  readonly #frame: GPUBuffer;
  readonly #rows: number;
  readonly #residual: Int32Array<ArrayBuffer>;
  readonly #staging: GPUBuffer;
  #length = 0;
  #lostReason: string | null = null;
  /** Calls take turns: each begins where the one before it ended. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(of: {
    gpt: ExactGpt;
    gpu: GPU;
    device: GPUDevice;
    parts: Parts;
    staging: GPUBuffer;
    steps: readonly Step[];
    frame: GPUBuffer;
    rows: number;
  }) {
    this.gpu = of.gpu;
    this.#gpt = of.gpt;
    this.#device = of.device;
    this.#parts = of.parts;
    this.#steps = of.steps;
    this.#frame = of.frame;
    this.#rows = of.rows;
    this.#residual = new Int32Array(of.rows * of.gpt.config.width);
    this.#staging = of.staging;
    void of.device.lost.then(
      ({ reason, message }) => (this.#lostReason ??= `${reason}: ${message}`),
    );
  }

  get length(): number {
    return this.#length;
  }

  restart(): void {
    this.#length = 0;
  }

  close(): void {
    this.#lostReason = 'closed';
    this.#device.destroy();
  }

  forward(tokens: readonly number[]): Promise<Outcome<Int32Array>> {
    const result = this.#turn.then(() => this.#forward(tokens));
    this.#turn = result;
    return result;
  }

  async #forward(tokens: readonly number[]): Promise<Outcome<Int32Array>> {
    const { config } = this.#gpt;
    const before = this.#length;
    const checked = checkedTokens(tokens, { config, length: before });
    if (!checked.ok) return checked;
    try {
      const logits = new Int32Array(tokens.length * config.vocabulary);
      for (let start = 0; start < tokens.length; start += this.#rows) {
        const part = tokens.slice(start, start + this.#rows);
        const into = logits.subarray(start * config.vocabulary);
        const failed = await this.#run(part, into);
        if (failed) {
          this.#length = before;
          return fail(failed);
        }
      }
      return succeed(logits);
    } catch (cause) {
      this.#length = before;
      return fail(await this.#failureOf(cause));
    }
  }

  /** Computes some rows; returns why it failed, or null. */
  async #run(tokens: readonly number[], logits: Int32Array): Promise<Failure | null> {
    if (this.#lostReason !== null) return this.#lostFailure(this.#lostReason);
    const { width, vocabulary } = this.#gpt.config;
    const device = this.#device;
    const rows = tokens.length;
    for (const [index, token] of tokens.entries()) {
      embed(this.#gpt, token, this.#residual.subarray(index * width, (index + 1) * width));
    }
    const pitch = paddedColumns(vocabulary);
    const bytes = 4 * rows * pitch;
    device.pushErrorScope('validation');
    device.pushErrorScope('internal');
    device.pushErrorScope('out-of-memory');
    device.queue.writeBuffer(this.#frame, 0, Uint32Array.of(rows, this.#length));
    device.queue.writeBuffer(this.#parts.residual, 0, this.#residual, 0, rows * width);
    for (const step of this.#steps) this.#submit(step, rows);
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#parts.logits, 0, this.#staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    const mapped = this.#staging.mapAsync(MAP_READ, 0, bytes).then(
      () => null,
      (cause: unknown) => ({ cause }),
    );
    const scopes = [device.popErrorScope(), device.popErrorScope(), device.popErrorScope()];
    const [outOfMemory, ...others] = await Promise.all(scopes);
    const wrong = others.find((error) => error !== null);
    const unmapped = await mapped;
    // Else the next call could not copy to it.
    if ((outOfMemory ?? wrong) && !unmapped) this.#staging.unmap();
    if (outOfMemory) return failure('out_of_memory', `a GPT on WebGPU: ${outOfMemory.message}`);
    if (wrong) return failure('execution_failed', `a GPT on WebGPU: ${wrong.message}`);
    if (unmapped) return this.#failureOf(unmapped.cause);
    const found = new Int32Array(this.#staging.getMappedRange(0, bytes));
    for (let row = 0; row < rows; row++) {
      logits.set(found.subarray(row * pitch, row * pitch + vocabulary), row * vocabulary);
    }
    this.#staging.unmap();
    this.#length += rows;
    return null;
  }

  /** Each step on its own, so that the GPU is never held for long. */
  #submit({ pipeline, group, workgroups }: Step, rows: number): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups(rows));
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  #lostFailure(why: string): Failure {
    return failure('device_lost', `the GPU of this GPT is gone (${why}): open it anew`);
  }

  async #failureOf(cause: unknown): Promise<Failure> {
    // A rejection may arrive before `device.lost` does; mapAsync is aborted only when its device
    // or buffer is gone.
    await Promise.resolve();
    const aborted = cause instanceof Error && cause.name === 'AbortError';
    if (this.#lostReason !== null || aborted) {
      return this.#lostFailure(this.#lostReason ?? String(cause));
    }
    if (cause instanceof RangeError) return failure('out_of_memory', `a GPT: ${cause.message}`);
    return failure('execution_failed', `a GPT on WebGPU: ${String(cause)}`);
  }
}
