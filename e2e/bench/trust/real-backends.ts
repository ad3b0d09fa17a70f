import { softwareVulkan } from '../../setup/software-gpu.ts';
import { findBrowser } from '../../setup/install-browser.ts';
import { certain } from '../../network/client.ts';
import {
  openNodeModelRunner,
  openWasmKernels,
  openWebGpuKernels,
  openWebModelRunner,
} from '../../../src/kernels/index.ts';
import type { HonestDevice } from './honest-devices.ts';
import { SUBJECTS, type Subject } from './trust-jobs.ts';

/** A backend that is here, with what it computes; or why it is not. */
export type RealBackend =
  | { readonly name: string; readonly device: HonestDevice; readonly subjects: readonly Subject[] }
  | { readonly name: string; readonly absent: string };

const GRAPHS: readonly Subject[] = SUBJECTS.filter((subject) => subject !== 'model rows');
const MODELS: readonly Subject[] = ['model rows'];

/** Every backend that agents run on, as far as it is here. */
export async function realBackends(model: Uint8Array): Promise<readonly RealBackend[]> {
  const wasm = certain(await openWasmKernels());
  const backends: RealBackend[] = [
    { name: 'WASM', device: { name: 'WASM', kernels: wasm, session: null }, subjects: GRAPHS },
  ];
  const dawn = 'WebGPU (Dawn on SwiftShader)';
  const gpu = await openDawn();
  const kernels = typeof gpu === 'string' ? null : await openWebGpuKernels(gpu);
  if (kernels?.ok === true) {
    const device = { name: dawn, kernels: kernels.value, session: null };
    backends.push({ name: dawn, device, subjects: GRAPHS });
  } else {
    const absent = typeof gpu === 'string' ? gpu : (kernels?.failure.message ?? '');
    backends.push({ name: dawn, absent });
  }
  const runners = [
    { name: 'ONNX Runtime, native CPU', runner: await openNodeModelRunner({ threads: 1 }) },
    {
      name: 'ONNX Runtime, WASM',
      runner: await openWebModelRunner({ backend: 'wasm', wasmPaths: null }),
    },
  ];
  for (const { name, runner } of runners) {
    if (!runner.ok) {
      backends.push({ name, absent: runner.failure.message });
      continue;
    }
    const session = certain(await runner.value.load(model));
    backends.push({ name, device: { name, kernels: wasm, session }, subjects: MODELS });
  }
  return backends;
}

/** Dawn's WebGPU on the software GPU; a text says why there is none. */
async function openDawn(): Promise<GPU | string> {
  const driver = softwareVulkan(findBrowser() ?? '');
  if (driver === null) return 'there is no software GPU: install chromium';
  process.env['VK_ICD_FILENAMES'] = driver;
  try {
    // Its own types declare the same interface under other names.
    const { create } = (await import('webgpu')) as unknown as { create(flags: string[]): GPU };
    return create([]);
  } catch (cause) {
    return `the package webgpu does not load: ${String(cause).slice(0, 200)}`;
  }
}
