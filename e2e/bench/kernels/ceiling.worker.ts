import { parentPort } from 'node:worker_threads';
import { openCeiling } from '../../../src/kernels/ceiling.ts';
import { certain } from '../../network/client.ts';

// The entry of a thread that runs the loop of a core's ceiling as often as it is told.
const ceiling = certain(openCeiling());
parentPort?.on('message', (turns: number) => {
  ceiling.multiplyFloats(turns);
  parentPort?.postMessage('done', []);
});
