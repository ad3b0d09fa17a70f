import { serveSimulation } from '../src/simulation/serve-simulation.ts';
import type { ToSimulator } from '../src/simulation/worker-message.ts';

// A whole network in a worker of the page. What it throws reaches the page as the worker's error.
addEventListener('message', (event: MessageEvent<ToSimulator>) => {
  void serveSimulation(event.data, (message) => postMessage(message));
});
