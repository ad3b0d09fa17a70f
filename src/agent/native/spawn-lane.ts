import { Worker } from 'node:worker_threads';
import type { LaneAnswer } from '../lane-message.ts';
import type { SpawnLane } from '../lane.ts';

// Beside this file, as source or built: with the same ending as this file has.
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './lane-worker.ts' : './lane-worker.js',
  import.meta.url,
);

/** Starts a lane in a thread of its own. */
export const spawnNodeLane: SpawnLane = ({ answered, died }) => {
  const worker = new Worker(ENTRY, { name: 'manyhands lane' });
  worker.on('message', (answer: LaneAnswer) => answered(answer));
  worker.on('error', (cause) => died(cause instanceof Error ? cause.message : String(cause)));
  worker.on('exit', (code) => died(`its thread ended with code ${code}`));
  return {
    post: (request, moved) => worker.postMessage(request, [...moved]),
    terminate: () => void worker.terminate(),
  };
};
