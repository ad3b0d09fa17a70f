import { failure } from '../../domain/failure.ts';
import { fail } from '../../domain/outcome.ts';
import { openWasmKernels, openWebGpuKernels, openWebModelRunner } from '../../kernels/index.ts';
import type { LaneDevice } from '../lane-survey.ts';

/** A lane in a browser's worker. ONNX Runtime's code is fetched when the first model comes. */
export function browserLaneDevice(): LaneDevice {
  return {
    openWasm: openWasmKernels,
    openWebGpu: openWebGpuKernels,
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
