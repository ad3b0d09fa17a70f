import { openWebModelRunner } from '../src/kernels/index.ts';
import type { ToReplayer } from '../src/orchestrator/evidence/replay-message.ts';
import { serveReplay } from '../src/orchestrator/evidence/serve-replay.ts';

// The orchestrator's check in a worker of the page. What it throws reaches the page as the worker's
// error. ONNX Runtime's code is fetched when evidence has a model.
addEventListener('message', (event: MessageEvent<ToReplayer>) => {
  void serveReplay(event.data, {
    post: (message) => postMessage(message),
    nowMs: Date.now(),
    openModels: async () => {
      const { ORT_ASSETS } = await import('../src/agent/browser/ort-assets.ts');
      return openWebModelRunner({ backend: 'wasm', wasmPaths: ORT_ASSETS.wasm });
    },
  });
});
