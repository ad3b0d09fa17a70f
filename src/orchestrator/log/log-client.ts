import { Worker } from 'node:worker_threads';
import { FailureError } from '../../domain/failure.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { FromLog, LogMethod, LogThread, ToLog } from './log-message.ts';

/** The thread that has a log's file, asked from the event loop. */
export type LogClient = {
  /** Calls are answered in their order, `outputs` apart. Rejects with a FailureError. */
  call<Method extends LogMethod>(
    method: Method,
    ...args: Parameters<LogThread[Method]>
  ): Promise<Awaited<ReturnType<LogThread[Method]>>>;
  /** Closes the file and ends the thread. */
  close(): Promise<void>;
};

type Pending = {
  readonly resolve: (value: never) => void;
  readonly reject: (cause: FailureError) => void;
};

/**
 * Starts the thread and opens the file in it.
 *
 * A thread that dies ends the process: whether its last commit is durable is not known, so only
 * recovery can tell.
 * Errors: those of `openLogFile`.
 */
export async function openLogThread(path: string, entry: URL): Promise<Outcome<LogClient>> {
  // Switches for the process's own script, such as how to read one of `node -e`, are not for it.
  const worker = new Worker(entry, { execArgv: [] });
  const pending = new Map<number, Pending>();
  let calls = 0;
  let isOver = false;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const send = (message: ToLog): void => worker.postMessage(message, movedWith(message));

  const opened = new Promise<Outcome<void>>((resolve) => {
    worker.on('message', (message: FromLog) => {
      if (message.kind === 'opened') {
        // At once: where the loop was busy, the end of a thread that opened nothing is told in the
        // same turn, before whoever awaits this goes on.
        isOver = !message.outcome.ok;
        return resolve(message.outcome);
      }
      const call = pending.get(message.id);
      pending.delete(message.id);
      // An idle store keeps no process alive.
      if (pending.size === 0 && !isOver) worker.unref();
      if (message.kind === 'failed') call?.reject(new FailureError(message.failure));
      // Answers are of the type that the method's call awaits.
      else call?.resolve(message.value as never);
    });
  });
  // Told before the exit; thrown with it, so that whoever reads of the end reads its cause.
  let cause: unknown = null;
  worker.on('error', (error) => (cause = error));
  worker.on('exit', (code) => {
    if (isOver && cause === null) return;
    throw new Error(`the thread of the log ended by itself, with exit code ${code}`, { cause });
  });

  const call = (method: LogMethod, ...args: readonly unknown[]): Promise<never> => {
    return new Promise((resolve, reject) => {
      calls += 1;
      if (pending.size === 0) worker.ref();
      pending.set(calls, { resolve, reject });
      send({ kind: 'call', id: calls, method, args });
    });
  };

  send({ kind: 'open', path });
  const outcome = await opened;
  if (!outcome.ok) {
    await ended;
    return outcome;
  }
  worker.unref();
  return succeed({
    call,
    async close() {
      if (!isOver) {
        isOver = true;
        worker.ref();
        await call('close');
      }
      await ended;
    },
  });
}

// Below, a copy costs less than handing over.
const MOVED_BYTES_MIN = 64 * 1024;

/** Large bytes that were made for this message alone: they move, all others are copied. */
function movedWith(message: ToLog): ArrayBuffer[] {
  if (message.kind !== 'call') return [];
  if (message.method === 'addSnapshotChunk') return buffersOf(message.args);
  if (message.method !== 'commit') return [];
  // The method's one argument.
  const [rows] = message.args as Parameters<LogThread['commit']>;
  return rows.flatMap((row) => (row[0] === 'outputs' ? buffersOf(row) : []));
}

function buffersOf(values: readonly unknown[]): ArrayBuffer[] {
  return values.flatMap((value) => {
    if (!(value instanceof Uint8Array) || value.byteLength < MOVED_BYTES_MIN) return [];
    const { buffer } = value;
    return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
  });
}
