import type { MouseEvent, ReactNode } from 'react';
import { countdownWords } from '../amounts.ts';
import { Button } from '../primitives/button.tsx';
import { RouteLink } from '../primitives/route-link.tsx';
import { PATHS } from '../route.ts';
import type { Control, Situation } from '../situation.ts';
import { CONTRIBUTE } from '../text.ts';
import { useNow } from '../use-now.ts';
import styles from './status-panel.module.css';

type StatusPanelProps = {
  readonly situation: Situation;
  readonly onControl: (control: Control) => void;
  /** What stands beside the words. */
  readonly children: ReactNode;
};

/** Controls that nobody needs to be invited to. */
const QUIET: ReadonlySet<Control> = new Set(['pause', 'stop']);

/** What the agent does, why, and the buttons that change it. */
export function StatusPanel({ situation, onControl, children }: StatusPanelProps) {
  const [first, ...others] = situation.controls;
  return (
    <div className={styles.panel} data-tone={situation.tone}>
      <div className={styles.words}>
        <div role="status" className={styles.status}>
          <h1 className={styles.headline}>
            <span className={styles.light} />
            {situation.headline}
          </h1>
          <p className={styles.detail}>{situation.detail}</p>
          {situation.remedy === null ? null : <p className={styles.remedy}>{situation.remedy}</p>}
        </div>
        <EvidenceLink of={situation.remedy} />
        {situation.countdown === null ? null : <Countdown {...situation.countdown} />}
        <div className={styles.controls} role="group" aria-label={CONTRIBUTE.controls}>
          {first === undefined ? null : (
            <Button
              look={QUIET.has(first) ? 'plain' : 'primary'}
              onClick={once(() => onControl(first))}
            >
              {CONTRIBUTE[first]}
            </Button>
          )}
          {others.map((control) => (
            <Button key={control} onClick={once(() => onControl(control))}>
              {CONTRIBUTE[control]}
            </Button>
          ))}
        </div>
        {first === 'start' ? <p className={styles.note}>{CONTRIBUTE.startNote}</p> : null}
        {situation.failure === null ? null : (
          <details className={styles.said}>
            <summary>{CONTRIBUTE.said}</summary>
            <code>
              {situation.failure.code}: {situation.failure.message}
            </code>
          </details>
        )}
      </div>
      <div className={styles.beside}>{children}</div>
    </div>
  );
}

/** A second click of a double click would meet the button that took the first one's place. */
function once(press: () => void) {
  return (event: MouseEvent) => {
    if (event.detail <= 1) press();
  };
}

/** To the evidence that a reason ends with, as the orchestrator words it. */
function EvidenceLink({ of }: { readonly of: string | null }) {
  const [, id] = /evidence (bafyrei[a-z2-7]{52})$/.exec(of ?? '') ?? [];
  if (id === undefined) return null;
  const href = `${PATHS.evidence}/${id}`;
  return <RouteLink href={href}>{CONTRIBUTE.quarantineEvidence}</RouteLink>;
}

/** Outside the status region: a screen reader should not hear every second. */
function Countdown({ words, untilMs }: { readonly words: string; readonly untilMs: number }) {
  const nowMs = useNow({ intervalMs: 250, isTicking: true });
  return (
    <p className={styles.countdown} role="timer">
      {words} <span>{untilMs <= nowMs ? CONTRIBUTE.now : countdownWords(untilMs - nowMs)}</span>
    </p>
  );
}
