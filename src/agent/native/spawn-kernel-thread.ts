import { Worker } from 'node:worker_threads';
import type { FromThread, SpawnThread } from '../../kernels/index.ts';

// Beside this file, as source or built: with the same ending as this file has.
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './kernel-thread-worker.ts' : './kernel-thread-worker.js',
  import.meta.url,
);

/** Starts a thread that helps WASM kernels; see `openThreadedKernels`. */
export const spawnNodeKernelThread: SpawnThread = ({ answered, died }) => {
  const worker = new Worker(ENTRY, { name: 'manyhands kernels' });
  worker.on('message', (answer: FromThread) => answered(answer));
  worker.on('error', (cause) => died(cause instanceof Error ? cause.message : String(cause)));
  worker.on('exit', (code) => died(`its thread ended with code ${code}`));
  return {
    post: (told) => worker.postMessage(told, []),
    terminate: () => void worker.terminate(),
  };
};
