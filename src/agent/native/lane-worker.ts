import { parentPort } from 'node:worker_threads';
import { computeLane } from '../compute-lane.ts';
import type { LaneRequest } from '../lane-message.ts';
import { nodeLaneDevice } from './lane-device.ts';

// The entry of a native lane's thread.
if (parentPort === null) throw new Error('this file is the entry of a worker thread');
const port = parentPort;
const take = computeLane(nodeLaneDevice(), (answer, moved) => port.postMessage(answer, [...moved]));
port.on('message', (request: LaneRequest) => take(request));
