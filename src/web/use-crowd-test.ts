import { useCallback, useEffect, useRef, useState } from 'react';
import {
  openStoredKey,
  publishCrowdTest,
  type CountedFor,
  type FromCrowdTest,
} from '../agent/browser/index.ts';
import type { CrowdTest } from '../domain/crowd-test.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { CROWD } from './crowd-text.ts';
import { networkClient } from './network-client.ts';
import { networkQueries } from './network-query.ts';

type Step = Extract<FromCrowdTest, { kind: 'step' }>['step'];

/** How the test of this device stands. */
export type CrowdRun =
  | { readonly kind: 'idle' }
  | { readonly kind: 'testing'; readonly step: Step | null }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Nobody was told. `failure`: of the last try to publish. */
  | { readonly kind: 'tested'; readonly test: CrowdTest; readonly failure: Failure | null }
  | { readonly kind: 'publishing'; readonly test: CrowdTest }
  | { readonly kind: 'published'; readonly test: CrowdTest; readonly counted: CountedFor };

/**
 * One test at a time, in a worker of its own that ends with the page. It is published only when its
 * volunteer says so.
 */
export function useCrowdTest(): {
  readonly run: CrowdRun;
  readonly start: () => void;
  /** Ends the test, or forgets what it found. */
  readonly discard: () => void;
  readonly publish: (test: CrowdTest) => Promise<void>;
} {
  const [run, setRun] = useState<CrowdRun>({ kind: 'idle' });
  const worker = useRef<Worker | null>(null);
  const publishing = useRef<AbortController | null>(null);

  const end = useCallback(() => {
    worker.current?.terminate();
    worker.current = null;
    publishing.current?.abort();
    publishing.current = null;
  }, []);

  const start = useCallback(() => {
    end();
    setRun({ kind: 'testing', step: null });
    const made = new Worker(new URL('../../workers/crowd-test.worker.ts', import.meta.url), {
      type: 'module',
      name: 'manyhands crowd test',
    });
    worker.current = made;
    made.addEventListener('message', ({ data }: MessageEvent<FromCrowdTest>) => {
      if (data.kind === 'step') return setRun({ kind: 'testing', step: data.step });
      end();
      const { outcome } = data;
      setRun(
        outcome.ok
          ? { kind: 'tested', test: outcome.value, failure: null }
          : { kind: 'failed', failure: outcome.failure },
      );
    });
    made.addEventListener('error', () => {
      end();
      setRun({ kind: 'failed', failure: failure('execution_failed', CROWD.broken) });
    });
  }, [end]);

  const discard = useCallback(() => {
    end();
    setRun({ kind: 'idle' });
  }, [end]);

  const publish = useCallback(async (test: CrowdTest) => {
    const controller = new AbortController();
    publishing.current = controller;
    setRun({ kind: 'publishing', test });
    const outcome = await publishAs(test, controller.signal);
    if (controller.signal.aborted) return;
    if (!outcome.ok) return setRun({ kind: 'tested', test, failure: outcome.failure });
    setRun({ kind: 'published', test, counted: outcome.value });
    await networkQueries.invalidateQueries({ queryKey: ['devices'] });
  }, []);

  useEffect(() => end, [end]);
  return { run, start, discard, publish };
}

/** Signs with the key of this browser, which is made where there is none yet. */
async function publishAs(test: CrowdTest, signal: AbortSignal) {
  const key = await openStoredKey();
  return key.ok ? publishCrowdTest(test, { network: networkClient, key: key.value, signal }) : key;
}
