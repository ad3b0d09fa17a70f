import type { FromThread, SpawnThread } from '../../kernels/index.ts';

/** Starts a thread that helps WASM kernels, from within a worker; see `openThreadedKernels`. */
export const spawnBrowserKernelThread: SpawnThread = ({ answered, died }) => {
  const worker = new Worker(new URL('../../../workers/kernel-thread.worker.ts', import.meta.url), {
    type: 'module',
    name: 'manyhands kernels',
  });
  worker.addEventListener('message', (event: MessageEvent<FromThread>) => answered(event.data));
  worker.addEventListener('messageerror', () => died('its answer could not be read'));
  worker.addEventListener('error', (event) => {
    // Handled here: its part is computed by whoever it helps.
    event.preventDefault();
    died(event.message || 'its script did not load');
  });
  return { post: (told) => worker.postMessage(told, []), terminate: () => worker.terminate() };
};
