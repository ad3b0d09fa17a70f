import { fork } from 'node:child_process';
import type { FromWorkshop, SpawnWorkshop } from '../kernels/index.ts';

// Beside this file, as source or built: with the same ending as this file has.
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './workshop-child.ts' : './workshop-child.js',
  import.meta.url,
);

/**
 * Starts a workshop in a process of its own.
 *
 * Not a thread: a driver that a shader keeps busy would keep a thread from ending, and a driver that
 * crashes takes its process with it.
 */
export const spawnWorkshop: SpawnWorkshop = ({ told, died }) => {
  const child = fork(ENTRY, [String(process.pid)], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (said = (said + text).slice(-2000)));
  // The child is this package's own program, so its messages have this type.
  child.on('message', (message) => told(message as FromWorkshop));
  child.on('error', (cause) => died(cause.message));
  child.on('exit', (code, signal) => {
    const last = said.trim().split('\n').at(-1) ?? '';
    died(`its process ended with ${signal ?? `code ${code}`}${last === '' ? '' : `: ${last}`}`);
  });
  return {
    post: (asked) => void child.send(asked, () => undefined),
    terminate: () => void child.kill('SIGKILL'),
  };
};
