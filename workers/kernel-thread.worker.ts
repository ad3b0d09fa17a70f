import { serveThread } from '../src/kernels/threads/serve-thread.ts';
import type { ToThread } from '../src/kernels/threads/thread-message.ts';

// A thread that helps WASM kernels with products; it is terminated by whoever started it.
const take = serveThread((answer) => postMessage(answer));
addEventListener('message', (event: MessageEvent<ToThread>) => take(event.data));
