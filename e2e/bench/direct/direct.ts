import { wrap, type Remote } from 'comlink';
import type { DirectApi } from './direct.worker.ts';

// The peer's page: ONNX Runtime Web in one worker and nothing of ours around it.

declare global {
  interface Window {
    direct: Remote<DirectApi>;
    /** Set by `?first`: from navigation to the output of a first matmul. */
    firstOutputMs?: number;
  }
}

window.direct = wrap<DirectApi>(
  new Worker(new URL('./direct.worker.ts', import.meta.url), { type: 'module' }),
);
if (location.search === '?first') {
  await window.direct.multiplyOnce();
  window.firstOutputMs = performance.now();
}
