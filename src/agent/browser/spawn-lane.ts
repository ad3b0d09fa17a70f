import type { LaneAnswer } from '../lane-message.ts';
import type { SpawnLane } from '../lane.ts';

/** Starts a lane in a worker of its own, from within the agent's worker. */
export const spawnBrowserLane: SpawnLane = ({ answered, died }) => {
  const worker = new Worker(new URL('../../../workers/compute.worker.ts', import.meta.url), {
    type: 'module',
    name: 'manyhands lane',
  });
  worker.addEventListener('message', (event: MessageEvent<LaneAnswer>) => answered(event.data));
  worker.addEventListener('messageerror', () => died('its answer could not be read'));
  worker.addEventListener('error', (event) => {
    // Handled here: the lane is replaced.
    event.preventDefault();
    died(event.message || 'its script did not load');
  });
  return {
    post: (request, moved) => worker.postMessage(request, [...moved]),
    terminate: () => worker.terminate(),
  };
};
