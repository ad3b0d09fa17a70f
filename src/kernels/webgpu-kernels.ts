import { failure, type Failure } from '../domain/failure.ts';
import { OPERATORS } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { freshMemory, type Scratch } from '../domain/scratch.ts';
import { elementCount, tensorBytes, type Tensor } from '../domain/tensor.ts';
import { bufferPool, type BufferPool } from './buffer-pool.ts';
import { checkedCall } from './checked-call.ts';
import { WGSL } from './gen/wgsl.ts';
import {
  hasPackedDot,
  MAP_READ,
  openGpuDevice,
  SIZES_BYTES,
  STAGING,
  STORAGE,
  UNIFORM,
} from './gpu-device.ts';
import { inHalves } from './halves/halves.ts';
import { keptTuning, type TuningStore } from './kept-tuning.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { tuningWords, UNTIMED, type ProductTuning } from './tune-products.ts';
import { planOf } from './webgpu-plan.ts';
import type { GpuFeatures, WebGpuPlan } from './webgpu-steps.ts';

/**
 * Opens the WebGPU kernels on a device of their own; `gpu` is `navigator.gpu`, or Dawn's in Node.
 *
 * With a store they are tuned to the device, within AUTOTUNE_MS_MAX, unless they were before.
 *
 * Errors: backend_unsupported (no adapter, or it gives no device).
 */
export async function openWebGpuKernels(
  gpu: GPU,
  store?: TuningStore,
): Promise<Outcome<WebGpuKernels>> {
  try {
    const opened = await openGpuDevice(gpu);
    if (opened === null) return unsupported('there is no WebGPU adapter');
    const { adapter, device } = opened;
    const packedDot = hasPackedDot(gpu);
    const tuning = store && (await keptTuning(device, { adapter: adapter.info, packedDot, store }));
    return succeed(new WebGpuKernels(device, { gpu, packedDot, ...(tuning && { tuning }) }));
  } catch (cause) {
    return unsupported(String(cause));
  }
}

function unsupported(why: string): Outcome<never> {
  const remedy = 'update the browser and the graphics driver, or compute with WASM';
  return fail(failure('backend_unsupported', `no WebGPU here, ${why}: ${remedy}`));
}

/** A shader to take instead of an operator's own, under the same steps. */
export type OtherShader = { readonly code: string; readonly layout: GPUPipelineLayout };

/** Exported for its tests, which choose between the two dot products, and for drafts of shaders. */
export class WebGpuKernels implements Kernels {
  readonly backend = 'webgpu';
  readonly operators = new Set(OPERATORS);
  readonly lost: Promise<string>;
  /** Held, because Dawn in Node dies with its GPU object, devices and all. */
  readonly gpu: GPU;
  readonly tuning: readonly string[];
  readonly #device: GPUDevice;
  readonly #features: GpuFeatures;
  readonly #other: OtherShader | null;
  readonly #pool: BufferPool;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  #lostReason: string | null = null;

  constructor(
    device: GPUDevice,
    of: { gpu: GPU; packedDot: boolean; tuning?: ProductTuning; other?: OtherShader },
  ) {
    this.gpu = of.gpu;
    this.#device = device;
    this.#other = of.other ?? null;
    const tuning = of.tuning ?? UNTIMED;
    this.tuning = tuningWords(tuning);
    // A shader of somebody's own has no variants.
    const products = of.other ? null : tuning.choices;
    this.#features = { packedDot: of.packedDot, products };
    this.#pool = bufferPool(device);
    this.lost = device.lost.then(({ reason, message }) => {
      this.#lostReason = `${reason}: ${message}`;
      return this.#lostReason;
    });
  }

  async run(call: OperatorCall, into: Scratch = freshMemory): Promise<Outcome<Tensor>> {
    const output = checkedCall(call);
    if (!output.ok) return output;
    if (this.#lostReason !== null) return fail(this.#lostFailure(call, this.#lostReason));
    const tooLarge = this.#sizeFailure(call, tensorBytes(output.value));
    if (tooLarge) return fail(tooLarge);
    try {
      const bytes = into(tensorBytes(output.value));
      const result = { ...output.value, bytes };
      if (elementCount(output.value.shape) === 0) return succeed(result);
      const { plan, inputs } = withHalves(call, planOf(call, this.#features));
      const pipeline = await this.#pipelineOf(plan);
      const failed = await this.#execute({ call, inputs, plan, pipeline, into: bytes });
      return failed ? fail(failed) : succeed(result);
    } catch (cause) {
      return fail(await this.#failureOf(call, cause));
    }
  }

  close(): void {
    this.#lostReason = 'closed';
    this.#device.destroy();
  }

  #pipelineOf({ shader, entryPoint, constants = {} }: WebGpuPlan): Promise<GPUComputePipeline> {
    const key = [shader, entryPoint, ...Object.values(constants)].join('/');
    const known = this.#pipelines.get(key);
    if (known) return known;
    const device = this.#device;
    // A shader that does not compile here rejects its pipeline too; the scope has the reason.
    device.pushErrorScope('validation');
    const module = device.createShaderModule({
      label: key,
      code: this.#other?.code ?? WGSL[shader],
    });
    const reason = device.popErrorScope();
    const made = device
      .createComputePipelineAsync({
        label: key,
        layout: this.#other?.layout ?? 'auto',
        compute: { module, entryPoint, constants: this.#other ? {} : constants },
      })
      .catch(async (cause: unknown) => {
        throw new Error((await reason)?.message ?? String(cause), { cause });
      });
    this.#pipelines.set(key, made);
    return made;
  }

  /** Uploads, computes and reads back; resolves to why it failed, or null. */
  async #execute(of: Execution): Promise<Failure | null> {
    const taken: GPUBuffer[] = [];
    const device = this.#device;
    // Up to popErrorScope nothing is awaited: scopes of concurrent calls do not mix.
    device.pushErrorScope('validation');
    device.pushErrorScope('internal');
    device.pushErrorScope('out-of-memory');
    const staging = this.#submit(of, taken);
    const mapped = staging.mapAsync(MAP_READ, 0, of.into.byteLength).then(
      () => null,
      (cause: unknown) => ({ cause }),
    );
    const memory = device.popErrorScope();
    const internal = device.popErrorScope();
    const validation = device.popErrorScope();
    const errors = await Promise.all([memory, internal, validation, mapped]);
    const [outOfMemory, broken, invalid, unmapped] = errors;
    const wrong = outOfMemory ?? broken ?? invalid;
    if (wrong ?? unmapped) {
      for (const buffer of taken) buffer.destroy();
      if (outOfMemory) return this.#memoryFailure(of.call, outOfMemory.message);
      if (wrong) return failure('execution_failed', `${of.call.operator}: ${wrong.message}`);
      return this.#failureOf(of.call, unmapped?.cause);
    }
    of.into.set(new Uint8Array(staging.getMappedRange(0, of.into.byteLength)));
    staging.unmap();
    for (const buffer of taken) this.#pool.give(buffer);
    return null;
  }

  #submit(of: Execution, taken: GPUBuffer[]): GPUBuffer {
    const device = this.#device;
    const take = (bytes: number, usage: number): GPUBuffer => {
      const buffer = this.#pool.take({ bytes, usage });
      taken.push(buffer);
      return buffer;
    };
    const operands = of.inputs.map((bytes) => {
      const size = wholeWords(bytes.byteLength);
      const buffer = take(size, STORAGE);
      upload(device, { buffer, bytes });
      return { buffer, size };
    });
    const output = { buffer: take(of.into.byteLength, STORAGE), size: of.into.byteLength };
    const staging = take(of.into.byteLength, STAGING);
    const layout = of.pipeline.getBindGroupLayout(0);
    for (const { sizes, workgroups } of of.plan.steps) {
      const uniform = { buffer: take(SIZES_BYTES, UNIFORM), size: SIZES_BYTES };
      const words = new Uint32Array(SIZES_BYTES / 4);
      words.set(sizes);
      device.queue.writeBuffer(uniform.buffer, 0, words);
      const resources = [uniform, ...operands, output];
      const entries = resources.map((resource, binding) => ({ binding, resource }));
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(of.pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
      pass.dispatchWorkgroups(...workgroups);
      pass.end();
      device.queue.submit([encoder.finish()]);
    }
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(output.buffer, 0, staging, 0, of.into.byteLength);
    device.queue.submit([encoder.finish()]);
    return staging;
  }

  #sizeFailure(call: OperatorCall, outputBytes: number): Failure | null {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    const largest = Math.max(outputBytes, ...call.inputs.map(({ bytes }) => bytes.byteLength));
    if (wholeWords(largest) <= limit) return null;
    const words = `a tensor of ${largest} bytes is above this GPU's ${limit}`;
    return failure('limit_exceeded', `${call.operator} on WebGPU: ${words}: cut it smaller`);
  }

  #memoryFailure(call: OperatorCall, why: string): Failure {
    const remedy = 'close other pages that use the GPU, or compute with WASM';
    return failure('out_of_memory', `${call.operator} on WebGPU: ${why}: ${remedy}`);
  }

  #lostFailure(call: OperatorCall, why: string): Failure {
    return failure('device_lost', `${call.operator}: the GPU is gone (${why}): open it anew`);
  }

  /** A promise of the device was rejected: because the device is lost, or for another reason. */
  async #failureOf(call: OperatorCall, cause: unknown): Promise<Failure> {
    // Both rejections may arrive before `device.lost` does; by the specification, mapAsync is
    // rejected with AbortError only when its buffer or its device is gone.
    await Promise.resolve();
    const aborted = cause instanceof Error && cause.name === 'AbortError';
    if (this.#lostReason !== null || aborted) {
      return this.#lostFailure(call, this.#lostReason ?? String(cause));
    }
    if (cause instanceof RangeError) return this.#memoryFailure(call, cause.message);
    return failure('execution_failed', `${call.operator} on WebGPU: ${String(cause)}`);
  }
}

/** A call that was planned: what of it goes to the GPU, and where its result comes. */
type Execution = {
  readonly call: OperatorCall;
  /** As the shader of the plan reads them. */
  readonly inputs: readonly Uint8Array[];
  readonly plan: WebGpuPlan;
  readonly pipeline: GPUComputePipeline;
  readonly into: Uint8Array;
};

/** Takes the plan's shader of halves where the second input is packed so without a change. */
function withHalves(
  { inputs }: OperatorCall,
  plan: WebGpuPlan,
): { readonly plan: WebGpuPlan; readonly inputs: readonly Uint8Array[] } {
  const [left, right] = inputs;
  const packed = plan.halves && left && right ? inHalves(right) : null;
  if (!plan.halves || !left || packed === null) {
    return { plan, inputs: inputs.map(({ bytes }) => bytes) };
  }
  return { plan: { ...plan, shader: plan.halves }, inputs: [left.bytes, packed] };
}

function wholeWords(bytes: number): number {
  return Math.max(4, Math.ceil(bytes / 4) * 4);
}

/** Writes bytes of any length; WebGPU takes whole words. */
function upload(device: GPUDevice, { buffer, bytes }: { buffer: GPUBuffer; bytes: Uint8Array }) {
  const whole = bytes.byteLength - (bytes.byteLength % 4);
  if (whole > 0) {
    device.queue.writeBuffer(buffer, 0, bytes.buffer, bytes.byteOffset, whole);
  }
  if (whole === bytes.byteLength) return;
  const tail = new Uint8Array(4);
  tail.set(bytes.subarray(whole));
  device.queue.writeBuffer(buffer, whole, tail);
}
