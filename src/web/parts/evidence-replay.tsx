import { useEffect, useRef, useState } from 'react';
import type { Failure } from '../../domain/failure.ts';
import type { EvidenceSource } from '../../orchestrator/evidence/replay-message.ts';
import { EVIDENCE } from '../evidence-text.ts';
import { Button } from '../primitives/button.tsx';
import { Notice } from '../primitives/notice.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import { useReplay, type ReplayRun } from '../use-replay.ts';
import styles from './evidence-replay.module.css';
import { ReplayOutcome } from './replay-outcome.tsx';

const STEPS = ['fetching', 'verifying', 'checking'] as const;

type EvidenceReplayProps = {
  readonly source: EvidenceSource;
  readonly title: string;
  /** Null: the list is another address. */
  readonly onBack: (() => void) | null;
};

/** One bundle: its check is made again as soon as it is opened. */
export function EvidenceReplay({ source, title, onBack }: EvidenceReplayProps) {
  const [round, setRound] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  // A file has no address, and so no arrival that moves the keyboard's focus.
  useEffect(() => {
    if (source.kind === 'file') heading.current?.focus();
  }, [source]);
  return (
    <>
      <header className={styles.head}>
        {onBack === null ? (
          <RouteLink className={styles.back} href={PATHS.evidence}>
            {EVIDENCE.back}
          </RouteLink>
        ) : (
          <Button onClick={onBack}>{EVIDENCE.back}</Button>
        )}
        <h1 ref={heading} tabIndex={-1} className={styles.title}>
          {title}
        </h1>
        {source.kind === 'kept' ? <code className={styles.id}>{source.id}</code> : null}
      </header>
      <ReplayRound key={round} source={source} onAgain={() => setRound(round + 1)} />
    </>
  );
}

type ReplayRoundProps = { readonly source: EvidenceSource; readonly onAgain: () => void };

/** The check, made once. */
function ReplayRound({ source, onAgain }: ReplayRoundProps) {
  const run = useReplay(source);
  return (
    <>
      <div role="status" className={styles.status}>
        <RunStatus run={run} />
      </div>
      {run.kind === 'done' ? <ReplayOutcome replay={run.replay} source={source} /> : null}
      {run.kind === 'running' ? null : (
        <div>
          <Button onClick={onAgain}>{EVIDENCE.again}</Button>
        </div>
      )}
    </>
  );
}

function RunStatus({ run }: { readonly run: ReplayRun }) {
  if (run.kind === 'running') {
    return (
      <>
        <p>{EVIDENCE.steps[run.step]}</p>
        <ProgressBar
          label={EVIDENCE.running}
          done={STEPS.indexOf(run.step) + 0.5}
          total={STEPS.length}
          words={EVIDENCE.steps[run.step]}
        />
      </>
    );
  }
  if (run.kind === 'broken') return <Notice>{EVIDENCE.broken}</Notice>;
  if (run.kind === 'refused') return <Refusal failure={run.failure} />;
  return null;
}

/** What hinders a check says nothing of the bundle. */
const HINDRANCES: ReadonlySet<Failure['code']> = new Set([
  'unavailable',
  'timeout',
  'block_unknown',
  'backend_unsupported',
  'key_unusable',
  'out_of_memory',
]);

function Refusal({ failure }: { readonly failure: Failure }) {
  const { code, message } = failure;
  const isUnknown = code === 'evidence_unknown';
  const headline = HINDRANCES.has(code) ? EVIDENCE.hindered : EVIDENCE.refused;
  return (
    <Notice>
      <p>
        <strong>{isUnknown ? EVIDENCE.unknown : headline}</strong>
      </p>
      <p className={styles.message}>{EVIDENCE.refusedDetail(message)}</p>
    </Notice>
  );
}
