import { useEffect, useState } from 'react';
import type {
  EvidenceSource,
  FromReplayer,
  ReplayStep,
  ToReplayer,
} from '../orchestrator/evidence/replay-message.ts';

/** How a replay stands. */
export type ReplayRun =
  | { readonly kind: 'running'; readonly step: ReplayStep }
  | Exclude<FromReplayer, { kind: 'progress' }>
  | { readonly kind: 'broken' };

const BEGUN: ReplayRun = { kind: 'running', step: 'fetching' };

/** Replays evidence in a worker of its own, which ends with the part of the page that shows it. */
export function useReplay(source: EvidenceSource): ReplayRun {
  const [run, setRun] = useState<ReplayRun>(BEGUN);
  useEffect(() => {
    const worker = new Worker(new URL('../../workers/evidence.worker.ts', import.meta.url), {
      type: 'module',
      name: 'manyhands evidence',
    });
    worker.addEventListener('message', ({ data }: MessageEvent<FromReplayer>) => {
      if (data.kind === 'progress') return setRun({ kind: 'running', step: data.step });
      worker.terminate();
      setRun(data);
    });
    worker.addEventListener('error', () => {
      worker.terminate();
      setRun({ kind: 'broken' });
    });
    const message: ToReplayer = { source, origin: location.origin };
    worker.postMessage(message, []);
    return () => worker.terminate();
  }, [source]);
  return run;
}
