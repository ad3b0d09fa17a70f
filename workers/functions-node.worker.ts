// A thread of the orchestrator that evaluates functions: src/orchestrator/functions.
import { parentPort } from 'node:worker_threads';
import { serveFunctions } from '../src/orchestrator/functions/functions-thread.ts';

if (parentPort === null) throw new Error('this file is started as a worker thread');
serveFunctions(parentPort);
