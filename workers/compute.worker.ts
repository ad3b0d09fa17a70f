import { browserLaneDevice } from '../src/agent/browser/lane-device.ts';
import { computeLane } from '../src/agent/compute-lane.ts';
import type { LaneRequest } from '../src/agent/lane-message.ts';

// One compute lane of a tab: it computes one task at a time, and is terminated to stop it.
const take = computeLane(browserLaneDevice(), (answer, moved) =>
  postMessage(answer, { transfer: [...moved] }),
);
addEventListener('message', (event: MessageEvent<LaneRequest>) => take(event.data));
