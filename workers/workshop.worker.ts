import { openJaxKernels } from '../src/agent/browser/jax-kernels.ts';
import { browserLaneDevice } from '../src/agent/browser/lane-device.ts';
import { spawnBrowserKernelThread } from '../src/agent/browser/spawn-kernel-thread.ts';
import {
  listenToConsole,
  openWebTracer,
  serveWorkshop,
  type ToWorkshop,
} from '../src/kernels/index.ts';

// A workshop of the page: it does one thing, and is terminated by whoever started it. Nothing that it
// is given leaves the tab.
addEventListener('message', (event: MessageEvent<ToWorkshop>) => {
  void serveWorkshop(event.data, {
    ...browserLaneDevice(),
    openJax: openJaxKernels,
    spawnKernelThread: spawnBrowserKernelThread,
    openTracer: async (backend) => {
      const { ORT_ASSETS } = await import('../src/agent/browser/ort-assets.ts');
      const web = backend === 'webgpu' ? 'webgpu' : 'wasm';
      return openWebTracer({ backend: web, wasmPaths: ORT_ASSETS[web], listen: listenToConsole });
    },
    nowMs: () => performance.now(),
    post: (message) => postMessage(message),
    // An error of the worker, which its owner hears; a rejection it would wait for.
  }).catch(reportError);
});
