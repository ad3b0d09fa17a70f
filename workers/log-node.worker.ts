// The thread of the orchestrator that has the log's file. Its other side: src/orchestrator/log.
import { parentPort } from 'node:worker_threads';
import { serveLog } from '../src/orchestrator/log/log-thread.ts';

if (parentPort === null) throw new Error('this file is started as a worker thread');
serveLog(parentPort);
