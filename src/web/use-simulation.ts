import { useCallback, useEffect, useRef, useState } from 'react';
import type { SimulationOptions } from '../simulation/simulation-options.ts';
import type { FromSimulator, ToSimulator } from '../simulation/worker-message.ts';

/** How a simulation stands. */
export type SimulationRun =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly share: number }
  | Extract<FromSimulator, { kind: 'done' }>
  | { readonly kind: 'broken' };

/** One simulation at a time, in a worker of its own; it ends with the page that asked for it. */
export function useSimulation(): {
  readonly run: SimulationRun;
  readonly start: (options: SimulationOptions) => void;
  readonly cancel: () => void;
} {
  const [run, setRun] = useState<SimulationRun>({ kind: 'idle' });
  const worker = useRef<Worker | null>(null);

  const end = useCallback(() => {
    worker.current?.terminate();
    worker.current = null;
  }, []);

  const start = useCallback(
    (options: SimulationOptions) => {
      end();
      setRun({ kind: 'running', share: 0 });
      const made = new Worker(new URL('../../workers/simulation.worker.ts', import.meta.url), {
        type: 'module',
        name: 'manyhands simulation',
      });
      worker.current = made;
      made.addEventListener('message', ({ data }: MessageEvent<FromSimulator>) => {
        if (data.kind === 'progress') {
          return setRun({ kind: 'running', share: Math.min(1, data.virtualMs / data.faultsMs) });
        }
        end();
        setRun(data);
      });
      made.addEventListener('error', () => {
        end();
        setRun({ kind: 'broken' });
      });
      const message: ToSimulator = { kind: 'run', options };
      made.postMessage(message, []);
    },
    [end],
  );

  const cancel = useCallback(() => {
    end();
    setRun({ kind: 'idle' });
  }, [end]);

  useEffect(() => end, [end]);
  return { run, start, cancel };
}
