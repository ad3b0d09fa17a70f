import { parentPort } from 'node:worker_threads';
import { serveThread, type ToThread } from '../../kernels/index.ts';

// The entry of a thread that helps WASM kernels with products.
if (parentPort === null) throw new Error('this file is the entry of a worker thread');
const port = parentPort;
const take = serveThread((answer) => port.postMessage(answer));
port.on('message', (told: ToThread) => take(told));
