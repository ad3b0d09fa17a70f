import { expect, it } from 'vitest';
import { openWasmKernels, openWebGpuKernels } from '../kernels/index.ts';
import type { LaneSurvey } from './lane-message.ts';
import { openKernels, type LaneDevice } from './lane-survey.ts';

const withoutAdapter: LaneDevice = {
  openWasm: openWasmKernels,
  openWebGpu: (gpu) => openWebGpuKernels(gpu),
  gpu: async () => null,
  gpuRemedy: 'Plug one in.',
  modelBackends: [],
  openModelRunner: () => Promise.reject(new Error('no model is run here')),
};
const open = (backend: 'auto' | 'webgpu' | 'wasm') =>
  openKernels({ device: withoutAdapter, backend, survey: null, broken: [] });

it.each(['auto', 'wasm'] as const)(
  'computes in WASM without an adapter when asked for %s',
  async (backend) => {
    expect(await open(backend)).toMatchObject({
      ok: true,
      value: { survey: { primitives: { relu: 'wasm' } } },
    });
  },
);

it('believes no survey about a GPU that is gone', async () => {
  const passed = { passed: true, detail: '' } as const;
  const survey: LaneSurvey = {
    primitives: { relu: 'webgpu' },
    conformance: [
      { primitive: 'relu', backend: 'webgpu', ...passed },
      { primitive: 'relu', backend: 'wasm', ...passed },
    ],
    webgpu: null,
  };
  const opened = await openKernels({
    device: withoutAdapter,
    backend: 'webgpu',
    survey,
    broken: [],
  });
  expect(opened).toMatchObject({ ok: true, value: { survey: { primitives: { relu: 'wasm' } } } });
});

it('refuses WebGPU that was asked for by name and is not there, and says what to do', async () => {
  const refused = {
    code: 'backend_unsupported',
    message: 'no WebGPU adapter is here. Plug one in.',
  };
  expect(await open('webgpu')).toMatchObject({ ok: false, failure: refused });
});
