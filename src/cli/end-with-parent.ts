import { workerData } from 'node:worker_threads';

const WATCH_MS = 1_000;

// A thread's entry: ends this process when its parent, whose id it is given, is gone. In a thread,
// because a loop may keep the main one; and with nothing to load, so that it watches early.
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, WATCH_MS);
