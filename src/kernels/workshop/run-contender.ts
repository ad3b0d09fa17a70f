import { failure } from '../../domain/failure.ts';
import type { BackendName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Kernels } from '../kernels.ts';
import type { ModelRunner } from '../model.ts';
import { runTrial, type Trial } from '../trial/trial.ts';
import type { SpawnThread } from '../threads/helping-thread.ts';
import { openThreadedKernels } from '../threads/threaded-kernels.ts';
import { openWasmKernels } from '../wasm-kernels.ts';
import type { Contender, TrialOrder } from './contender.ts';
import { gpuHere } from './gpu-here.ts';
import { peerKernels } from './peer-kernels.ts';

/** What contenders are opened with. */
export type ContenderPlatform = {
  readonly gpu: () => Promise<GPU | null>;
  readonly openWebGpu: (gpu: GPU, how: { readonly isTuned: boolean }) => Promise<Outcome<Kernels>>;
  readonly spawnKernelThread: SpawnThread;
  readonly openModelRunner: (backend: BackendName) => Promise<Outcome<ModelRunner>>;
  /** jax-js, where it is here. */
  readonly openJax: (backend: 'wasm' | 'webgpu') => Promise<Outcome<Kernels>>;
  readonly nowMs: () => number;
};

/** Opens a contender and runs one trial. Errors: backend_unsupported, those of `runTrial`. */
export async function runContender(
  { operator, size, contender }: TrialOrder,
  platform: ContenderPlatform,
): Promise<Outcome<Trial>> {
  const kernels = await open(contender, platform);
  if (!kernels.ok) return kernels;
  // Whoever wants it to stop ends it from outside.
  const { signal } = new AbortController();
  const { nowMs } = platform;
  const trial = await runTrial(kernels.value, { operator, size, nowMs, signal });
  kernels.value.close();
  return trial;
}

async function open(
  contender: Contender,
  { gpu, openWebGpu, openModelRunner, openJax, spawnKernelThread }: ContenderPlatform,
): Promise<Outcome<Kernels>> {
  if (contender === 'wasm') return openWasmKernels();
  if (contender === 'wasm-threads') return openTwoThreads(spawnKernelThread);
  if (contender === 'ort-wasm' || contender === 'ort-webgpu') {
    const runner = await openModelRunner(contender === 'ort-wasm' ? 'wasm' : 'webgpu');
    return runner.ok ? succeed(peerKernels(runner.value)) : runner;
  }
  if (contender === 'jax-wasm') return openJax('wasm');
  if (contender === 'jax-webgpu') return openJax('webgpu');
  const found = await gpuHere(gpu);
  return found.ok ? openWebGpu(found.value, { isTuned: true }) : found;
}

/** Errors: those of `openThreadedKernels`; backend_unsupported (no second thread). */
async function openTwoThreads(spawn: SpawnThread): Promise<Outcome<Kernels>> {
  const kernels = await openThreadedKernels({ threads: 2, spawn });
  if (!kernels.ok || kernels.value.threads === 2) return kernels;
  kernels.value.close();
  const remedy = 'threads need a page that is isolated, and memory';
  return fail(failure('backend_unsupported', `no second thread started here: ${remedy}`));
}
