import type { MessagePort } from 'node:worker_threads';
import { openLogFile } from './log-file.ts';
import type { FromLog, LogThread, ToLog } from './log-message.ts';
import { movableIn } from './movable-bytes.ts';
import { storageFailure } from './storage-failure.ts';

/** Has a log's file in this thread, and does with it what the other side asks for, in order. */
export function serveLog(port: MessagePort): void {
  let file: LogThread | null = null;
  let path = '';
  const send = (message: FromLog): void => port.postMessage(message, movedWith(message));

  const call = async ({ id, method, args }: ToLog & { kind: 'call' }): Promise<void> => {
    if (file === null) throw new Error('broken invariant: the log is open');
    try {
      // The caller's types hold method and arguments together.
      const run = file[method] as (...given: readonly unknown[]) => unknown;
      const value = run(...args);
      send({ kind: 'answer', id, value: value instanceof Promise ? await value : value });
    } catch (cause) {
      // Throws again what is no failure of the disk but a bug: the process ends by it.
      send({ kind: 'failed', id, failure: storageFailure(cause, path) });
    }
    if (method === 'close') port.close();
  };

  port.on('message', (message: ToLog) => {
    if (message.kind === 'call') return void call(message);
    path = message.path;
    const opened = openLogFile(path);
    if (opened.ok) file = opened.value;
    send({ kind: 'opened', outcome: opened.ok ? { ok: true, value: undefined } : opened });
    if (!opened.ok) port.close();
  });
}

/** What was read was made for its reader alone: bytes, or a record or outcome that has some. */
function movedWith(message: FromLog): ArrayBuffer[] {
  if (message.kind !== 'answer') return [];
  const { value } = message;
  return movableIn(
    typeof value === 'object' && value !== null ? [value, ...Object.values(value)] : [],
  );
}
