import {
  openNodeModelRunner,
  openWasmKernels,
  openWebGpuKernels,
  openWebModelRunner,
} from '../../kernels/index.ts';
import type { LaneDevice } from '../lane-survey.ts';
import { defaultTuningFolder, tuningFiles } from './tuning-files.ts';

/** A lane in a thread of Node: ONNX Runtime's CPU provider, or its WASM where that is absent. */
export function nodeLaneDevice(): LaneDevice {
  return {
    openWasm: openWasmKernels,
    openWebGpu: (gpu, { isTuned }) =>
      openWebGpuKernels(gpu, isTuned ? tuningFiles(defaultTuningFolder()) : undefined),
    gpu: openDawn,
    gpuRemedy: isInstalled('webgpu')
      ? 'Install a graphics driver (on Linux one of Vulkan), or use --backend wasm.'
      : 'Install the package webgpu (npm install webgpu), or use --backend wasm.',
    modelBackends: isInstalled('onnxruntime-node') ? ['native'] : ['wasm'],
    openModelRunner: (backend) =>
      backend === 'native'
        ? openNodeModelRunner({ threads: 1 })
        : openWebModelRunner({ backend: 'wasm', wasmPaths: null }),
  };
}

/** Dawn's WebGPU, from the optional package. */
async function openDawn(): Promise<GPU | null> {
  try {
    // Its own types declare the same interface under other names.
    const { create } = (await import('webgpu')) as unknown as { create(flags: string[]): GPU };
    return create([]);
  } catch {
    // Not installed here, or without a driver: the survey then finds no adapter.
    return null;
  }
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}
