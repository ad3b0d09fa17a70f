// A thread of the orchestrator that verifies entries: src/orchestrator/record/entry-threads.
import { parentPort } from 'node:worker_threads';
import { serveEntries } from '../src/orchestrator/record/entry-threads/serve-entries.ts';

if (parentPort === null) throw new Error('this file is started as a worker thread');
serveEntries(parentPort);
