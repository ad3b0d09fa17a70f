import { useCallback, useEffect, useRef, useState } from 'react';
import { spawnBrowserWorkshop, type WorkshopStep } from '../../agent/browser/workshop.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/outcome.ts';

/** How what runs apart stands. */
export type Apart<Value> =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly step: WorkshopStep | null }
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What is given to whoever runs something in a worker of its own. */
export type HowApart = {
  readonly spawn: typeof spawnBrowserWorkshop;
  readonly signal: AbortSignal;
  readonly onStep: (step: WorkshopStep) => void;
};

/** One thing at a time in a worker of its own, which ends with the page or before. */
export function useApart<Value>(): {
  readonly state: Apart<Value>;
  readonly start: (run: (how: HowApart) => Promise<Outcome<Value>>) => void;
  readonly cancel: () => void;
} {
  const [state, setState] = useState<Apart<Value>>({ kind: 'idle' });
  const running = useRef<AbortController | null>(null);

  const cancel = useCallback(() => {
    running.current?.abort();
    running.current = null;
    setState({ kind: 'idle' });
  }, []);

  const start = useCallback(async (run: (how: HowApart) => Promise<Outcome<Value>>) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    setState({ kind: 'running', step: null });
    const onStep = (step: WorkshopStep): void => {
      if (!signal.aborted) setState({ kind: 'running', step });
    };
    const outcome = await run({ spawn: spawnBrowserWorkshop, signal, onStep });
    if (signal.aborted) return;
    setState(
      outcome.ok
        ? { kind: 'done', value: outcome.value }
        : { kind: 'failed', failure: outcome.failure },
    );
  }, []);

  useEffect(() => () => running.current?.abort(), []);
  return { state, start: (run) => void start(run), cancel };
}
