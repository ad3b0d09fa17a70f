import { Worker } from 'node:worker_threads';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type {
  FromThread,
  FunctionsMethod,
  FunctionsThread,
  ToThread,
} from './functions-message.ts';

/** One life of a thread that evaluates functions, asked from the event loop. */
export type FunctionsClient = {
  /**
   * Asks the thread for something, and ends it where it does not answer in time.
   *
   * Errors: "timeout" of this call; "unavailable" of every call once the thread is gone.
   */
  call<Method extends FunctionsMethod>(
    of: { readonly method: Method; readonly withinMs?: number },
    ...args: Parameters<FunctionsThread[Method]>
  ): Promise<Outcome<Awaited<ReturnType<FunctionsThread[Method]>>>>;
  /** Settles when the thread is gone, with why. */
  readonly gone: Promise<string>;
  close(): Promise<void>;
};

/** Starts a thread. */
export function startFunctionsThread(entry: URL): FunctionsClient {
  const worker = new Worker(entry, { execArgv: [] });
  const pending = new Map<number, (outcome: Outcome<never>) => void>();
  let calls = 0;
  let cause = 'it was closed';
  // It keeps no process alive that has nothing else to do.
  worker.unref();

  const gone = new Promise<string>((resolve) => {
    worker.on('error', (error) => (cause = String(error)));
    worker.once('exit', () => {
      for (const settle of pending.values()) settle(fail(threadGone()));
      pending.clear();
      resolve(cause);
    });
  });
  let isGone = false;
  void gone.then(() => (isGone = true));

  const end = async (why: string): Promise<void> => {
    cause = why;
    await worker.terminate();
  };

  worker.on('message', (message: FromThread) => {
    const settle = pending.get(message.id);
    pending.delete(message.id);
    if (message.kind === 'broken') {
      settle?.(fail(threadGone()));
      void end(message.cause);
      return;
    }
    // Answers are of the type that the method's call awaits.
    settle?.(succeed(message.value as never));
  });

  return {
    call({ method, withinMs }, ...args) {
      if (isGone) return Promise.resolve(fail(threadGone()));
      return new Promise((resolve) => {
        calls += 1;
        const id = calls;
        const timer =
          withinMs === undefined
            ? null
            : setTimeout(() => {
                pending.delete(id);
                const text = `${method} took more than ${withinMs} ms. Ask for less.`;
                resolve(fail(failure('timeout', text)));
                void end(`${method} took more than ${withinMs} ms`);
              }, withinMs);
        pending.set(id, (outcome) => {
          if (timer !== null) clearTimeout(timer);
          resolve(outcome);
        });
        const message: ToThread = { id, method, args };
        worker.postMessage(message, []);
      });
    },
    gone,
    async close() {
      await end('it was closed');
      await gone;
    },
  };
}

function threadGone() {
  const text = 'the thread that evaluates functions ended, and is started again';
  return failure('unavailable', `${text}. Try again in a moment.`, 1_000);
}
