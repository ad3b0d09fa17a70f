import { Worker } from 'node:worker_threads';
import { failure } from '../domain/failure.ts';
import { fail } from '../domain/outcome.ts';
import { nodeLaneDevice, spawnNodeKernelThread } from '../agent/native/index.ts';
import { openWebModelRunner, serveWorkshop, type ToWorkshop } from '../kernels/index.ts';
import { openNativeTracer, openWasmTracer } from './node-tracer.ts';

// Beside this file, as source or built: with the same ending as this file has.
const WATCH = new URL(
  import.meta.url.endsWith('.ts') ? './end-with-parent.ts' : './end-with-parent.js',
  import.meta.url,
);

// The entry of a workshop's process, given the id of its parent: it does one thing, and is ended by
// whoever started it.
new Worker(WATCH, { workerData: Number(process.argv[2]) }).unref();
// Ctrl-C reaches all processes of a terminal; whoever started this one decides what it means.
process.on('SIGINT', () => undefined);
const device = nodeLaneDevice();
process.once('message', (asked: ToWorkshop) => {
  void serveWorkshop(asked, {
    gpu: device.gpu,
    openWebGpu: device.openWebGpu,
    spawnKernelThread: spawnNodeKernelThread,
    // ONNX Runtime as a tab has it.
    openModelRunner: () => openWebModelRunner({ backend: 'wasm', wasmPaths: null }),
    openJax: async () => fail(failure('backend_unsupported', 'jax-js is for the page.')),
    openTracer: (backend) => (backend === 'native' ? openNativeTracer() : openWasmTracer()),
    nowMs: () => performance.now(),
    post: (message) => void process.send?.(message),
  });
});
