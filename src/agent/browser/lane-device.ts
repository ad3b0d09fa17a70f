import { failure } from '../../domain/failure.ts';
import { fail } from '../../domain/outcome.ts';
import { openWasmKernels, openWebGpuKernels, openWebModelRunner } from '../../kernels/index.ts';
import type { LaneDevice } from '../lane-survey.ts';
import { PAGE_TUNINGS } from './page-tunings.ts';

/** A lane in a browser's worker. ONNX Runtime's code is fetched when the first model comes. */
export function browserLaneDevice(): LaneDevice {
  return {
    openWasm: openWasmKernels,
    openWebGpu: (gpu, { isTuned }) => openWebGpuKernels(gpu, isTuned ? PAGE_TUNINGS : undefined),
    // Absent in browsers without WebGPU, whatever the DOM types say.
    gpu: async () => (navigator.gpu as GPU | undefined) ?? null,
    gpuRemedy: 'Update the browser or its graphics drivers.',
    modelBackends: ['webgpu', 'wasm'],
    openModelRunner: async (backend) => {
      if (backend === 'native') {
        return fail(failure('backend_unsupported', 'browsers run models in WebGPU or WASM.'));
      }
      const { ORT_ASSETS } = await import('./ort-assets.ts');
      return openWebModelRunner({ backend, wasmPaths: ORT_ASSETS[backend] });
    },
  };
}
