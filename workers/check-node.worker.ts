// A thread of the orchestrator that judges results. Its pool: src/orchestrator/checking.
import { parentPort } from 'node:worker_threads';
import { serveChecks } from '../src/orchestrator/checking/check-worker.ts';

if (parentPort === null) throw new Error('this file is started as a worker thread');
serveChecks(parentPort);
