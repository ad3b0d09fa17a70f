import { failure } from '../../domain/failure.ts';
import { CEILING_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { GPU_CEILING } from '../gen/gpu-ceiling.ts';
import { hasPackedDot, openGpuDevice, UNIFORM, USAGE, withoutError } from '../gpu-device.ts';

/** Loops to time: what a GPU can do at most. Each ends when the GPU has; rejects where it cannot. */
export type GpuCeiling = {
  /** Multiplies and adds f32 in registers; gives the operations, two a product. */
  multiplyFloats(turns: number): Promise<number>;
  /** As `multiplyFloats`, bytes, in the way that the kernels do it there. */
  multiplyBytes(turns: number): Promise<number>;
  /** Reads memory that is too large for most caches, so often; gives the bytes. */
  readMemory(rounds: number): Promise<number>;
  /** Reads half of that memory, and writes it to the other half; gives the bytes. */
  copyMemory(rounds: number): Promise<number>;
  /** Gives the device back. */
  close(): void;
};

const LANES = 256;
/** Enough to occupy any GPU known, with eight sums of four in each. */
const GROUPS = 512;
const SUMS = 32;
const WORD_BYTES = 16;
/** Words that one invocation reads. */
const WORDS_EACH = 64;
/** 0.5 as f32: its sums come to rest at 1. As bytes: any four. */
const FACTOR = 0x3f000000;

/**
 * Opens the loops on a device of their own; `gpu` is `navigator.gpu`, or Dawn's in Node.
 *
 * The caller times them, after some turns to compile.
 *
 * Errors: backend_unsupported (no adapter, no device, or one that does not take the shader).
 */
export async function openGpuCeiling(gpu: GPU): Promise<Outcome<GpuCeiling>> {
  try {
    const opened = await openGpuDevice(gpu);
    if (opened === null) return unsupported('there is no WebGPU adapter');
    const { device } = opened;
    const module = device.createShaderModule({
      code: hasPackedDot(gpu) ? GPU_CEILING.packed : GPU_CEILING.plain,
    });
    const layout = layoutOf(device);
    const pipelineOf = (entryPoint: keyof Pipelines): Promise<GPUComputePipeline> => {
      return device.createComputePipelineAsync({
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint },
      });
    };
    const pipelines: Pipelines = {
      multiplyFloats: await pipelineOf('multiplyFloats'),
      multiplyBytes: await pipelineOf('multiplyBytes'),
      readMemory: await pipelineOf('readMemory'),
      copyMemory: await pipelineOf('copyMemory'),
    };
    return succeed(ceilingOf(device, layout, pipelines));
  } catch (cause) {
    return unsupported(String(cause));
  }
}

type Pipelines = Readonly<Record<Exclude<keyof GpuCeiling, 'close'>, GPUComputePipeline>>;

function unsupported(why: string): Outcome<never> {
  const remedy = 'update the browser and the graphics driver';
  return fail(failure('backend_unsupported', `the GPU cannot be measured, ${why}: ${remedy}`));
}

/** One for all pipelines, two of which leave a binding unused. */
function layoutOf(device: GPUDevice): GPUBindGroupLayout {
  const COMPUTE = 4;
  return device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: COMPUTE, buffer: { type: 'uniform' } },
      { binding: 1, visibility: COMPUTE, buffer: { type: 'storage' } },
    ],
  });
}

function ceilingOf(
  device: GPUDevice,
  layout: GPUBindGroupLayout,
  pipelines: Pipelines,
): GpuCeiling {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  // What the invocations of two whole grids read: halves are whole ones too.
  const grid = 2 * LANES * WORDS_EACH * WORD_BYTES;
  const most = Math.min(CEILING_BYTES_MAX, maxBufferSize, maxStorageBufferBindingSize);
  const size = Math.floor(most / grid) * grid;
  const words = device.createBuffer({ size, usage: USAGE.storage });
  const sizes = device.createBuffer({ size: 8, usage: UNIFORM });
  const group = device.createBindGroup({
    layout,
    entries: [
      { binding: 0, resource: { buffer: sizes } },
      { binding: 1, resource: { buffer: words } },
    ],
  });
  let lostReason: string | undefined;
  void device.lost.then(({ message }) => (lostReason = `the GPU was lost: ${message}`));
  const dispatch = async (
    pipeline: GPUComputePipeline,
    by: { readonly turns: number; readonly groups: number; readonly rounds: number },
  ): Promise<void> => {
    await withoutError(device, () => {
      device.queue.writeBuffer(sizes, 0, Uint32Array.of(by.turns, FACTOR));
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let round = 0; round < by.rounds; round++) pass.dispatchWorkgroups(by.groups);
      pass.end();
      device.queue.submit([encoder.finish()]);
    });
    await device.queue.onSubmittedWorkDone();
    // A lost device is done at once, and its times mean nothing.
    if (lostReason !== undefined) throw new Error(lostReason);
  };
  const inRegisters = (pipeline: GPUComputePipeline, operations: number) => {
    return async (turns: number): Promise<number> => {
      await dispatch(pipeline, { turns, groups: GROUPS, rounds: 1 });
      return turns * GROUPS * LANES * SUMS * operations;
    };
  };
  const overMemory = (pipeline: GPUComputePipeline, bytes: number) => {
    return async (rounds: number): Promise<number> => {
      const groups = bytes / WORD_BYTES / WORDS_EACH / LANES;
      await dispatch(pipeline, { turns: WORDS_EACH, groups, rounds });
      return rounds * size;
    };
  };
  return {
    multiplyFloats: inRegisters(pipelines.multiplyFloats, 2),
    multiplyBytes: inRegisters(pipelines.multiplyBytes, 8),
    readMemory: overMemory(pipelines.readMemory, size),
    copyMemory: overMemory(pipelines.copyMemory, size / 2),
    close: () => device.destroy(),
  };
}
