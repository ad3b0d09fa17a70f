import { succeed } from '../domain/outcome.ts';
import type { OperatorName } from '../domain/operator.ts';
import { openWasmKernels, type Kernels } from '../kernels/index.ts';
import { computeLane } from './compute-lane.ts';
import type { LaneDevice } from './lane-survey.ts';
import type { LaneRequest } from './lane-message.ts';
import type { SpawnLane } from './lane.ts';

// A device whose backends begin to compute wrongly when a test wants them to. The lanes are real,
// in this thread; only the kernels under them are doctored.

/** What is wrong with a device at the moment. */
export type Faults = {
  /** Operators of which each backend gets the last element wrong. */
  readonly webgpu: Set<OperatorName>;
  readonly wasm: Set<OperatorName>;
  /** How the adapter describes itself: another driver, another description. */
  adapter: string;
};

export type FailingDevice = {
  readonly faults: Faults;
  readonly spawn: SpawnLane;
  /** Requests that lanes were given, by their kinds; an opening that ran the vectors is 'vectors'. */
  readonly asked: string[];
};

/** A device with a WebGPU of its own, which is WASM behind another name. */
export function failingDevice(): FailingDevice {
  const faults: Faults = { webgpu: new Set(), wasm: new Set(), adapter: 'a GPU, driver 1' };
  const asked: string[] = [];
  const device: LaneDevice = {
    openWasm: async () => doctored('wasm', faults.wasm),
    openWebGpu: async () => doctored('webgpu', faults.webgpu),
    gpu: async () => gpuNamed(faults.adapter),
    gpuRemedy: 'Plug one in.',
    modelBackends: [],
    openModelRunner: () => Promise.reject(new Error('no model is run here')),
  };
  const spawn: SpawnLane = ({ answered }) => {
    let isOver = false;
    const take = computeLane(device, (answer) => {
      if (!isOver) queueMicrotask(() => answered(structuredClone(answer)));
    });
    return {
      post: (request: LaneRequest) => {
        const isFirst = request.kind === 'open' && request.survey === null;
        asked.push(isFirst ? 'vectors' : request.kind);
        take(structuredClone(request));
      },
      terminate: () => {
        isOver = true;
      },
    };
  };
  return { faults, spawn, asked };
}

async function doctored(backend: 'webgpu' | 'wasm', wrong: ReadonlySet<OperatorName>) {
  const opened = await openWasmKernels();
  if (!opened.ok) return opened;
  const kernels: Kernels = {
    backend,
    operators: opened.value.operators,
    lost: opened.value.lost,
    close: () => opened.value.close(),
    run: async (call) => {
      const result = await opened.value.run(call);
      if (result.ok && wrong.has(call.operator)) spoil(result.value.bytes);
      return result;
    },
  };
  return succeed(kernels);
}

/** Flips the highest bit but the sign of the last number's exponent. */
function spoil(bytes: Uint8Array): void {
  const last = bytes.length - 1;
  if (last >= 0) bytes[last] = (bytes[last] ?? 0) ^ 0x40;
}

/** All that a lane asks of a GPU before its kernels are opened. */
function gpuNamed(description: string): GPU {
  const info = { vendor: '', architecture: '', description, isFallbackAdapter: false };
  const limits = {
    maxBufferSize: 2 ** 28,
    maxStorageBufferBindingSize: 2 ** 27,
    maxComputeWorkgroupStorageSize: 2 ** 14,
  };
  const adapter = { info, features: new Set<string>(), limits };
  return { requestAdapter: async () => adapter } as unknown as GPU;
}
