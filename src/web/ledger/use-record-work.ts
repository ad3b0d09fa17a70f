import { proxy, wrap } from 'comlink';
import { useCallback, useEffect, useRef, useState } from 'react';
import { failure, type Failure } from '../../domain/failure.ts';
import { fail, type Outcome } from '../../domain/outcome.ts';
import type { RecordApi } from '../../execution-machine/browser/record-api.ts';
import { LEDGER } from './ledger-text.ts';

/** How a piece of work stands that a worker of its own does. */
export type RecordWork<Value, Progress> =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly progress: Progress | null }
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** One piece of work at a time; it ends with the part of the page that asked for it. */
export function useRecordWork<Value, Progress = never>(): {
  readonly work: RecordWork<Value, Progress>;
  readonly start: (
    order: (api: RecordApi, onProgress: (progress: Progress) => void) => Promise<Outcome<Value>>,
  ) => void;
  /** Ends it, or forgets what came of it. */
  readonly stop: () => void;
} {
  const [work, setWork] = useState<RecordWork<Value, Progress>>({ kind: 'idle' });
  const ending = useRef<(() => void) | null>(null);

  const end = useCallback(() => {
    ending.current?.();
    ending.current = null;
  }, []);

  const start = useCallback(
    (
      order: (api: RecordApi, onProgress: (progress: Progress) => void) => Promise<Outcome<Value>>,
    ) => {
      end();
      setWork({ kind: 'running', progress: null });
      let isCurrent = true;
      const onProgress = proxy((progress: Progress) => {
        if (isCurrent) setWork({ kind: 'running', progress });
      });
      const running = inRecordWorker((api) => order(api, onProgress));
      ending.current = () => {
        isCurrent = false;
        running.end();
      };
      const settle = async (): Promise<void> => {
        const outcome = await running.outcome;
        if (!isCurrent) return;
        end();
        setWork(
          outcome.ok
            ? { kind: 'done', value: outcome.value }
            : { kind: 'failed', failure: outcome.failure },
        );
      };
      void settle();
    },
    [end],
  );

  const stop = useCallback(() => {
    end();
    setWork({ kind: 'idle' });
  }, [end]);

  useEffect(() => end, [end]);
  return { work, start, stop };
}

/** Does one piece of work in a worker of its own. Errors: "execution_failed" where that dies. */
export function inRecordWorker<Value>(order: (api: RecordApi) => Promise<Outcome<Value>>): {
  readonly outcome: Promise<Outcome<Value>>;
  /** Ends the worker; the outcome may then never come. */
  readonly end: () => void;
} {
  const worker = new Worker(new URL('../../../workers/record.worker.ts', import.meta.url), {
    type: 'module',
    name: 'manyhands record',
  });
  const broken = new Promise<Outcome<never>>((resolve) => {
    worker.addEventListener('error', () => {
      resolve(fail(failure('execution_failed', LEDGER.broken)));
    });
  });
  // Comlink's type says how it goes through a port; each method answers as it is declared.
  const api = wrap(worker) as unknown as RecordApi;
  const outcome = Promise.race([thrownAsFailure(order(api)), broken]);
  return { outcome: outcome.finally(() => worker.terminate()), end: () => worker.terminate() };
}

/** What the worker throws is a bug of its, and the page goes on. */
async function thrownAsFailure<Value>(work: Promise<Outcome<Value>>): Promise<Outcome<Value>> {
  try {
    return await work;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return fail(failure('execution_failed', `${LEDGER.broken} (${detail})`));
  }
}
