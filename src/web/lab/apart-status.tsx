import { Notice } from '../primitives/notice.tsx';
import { ProgressBar } from '../primitives/progress-bar.tsx';
import { LAB } from './lab-text.ts';
import styles from './lab.module.css';
import type { Apart } from './use-apart.ts';

type ApartStatusProps = { readonly state: Apart<unknown>; readonly starting: string };

/** How far it is, or why it came to nothing. */
export function ApartStatus({ state, starting }: ApartStatusProps) {
  if (state.kind === 'failed') return <Notice>{LAB.failed(state.failure.message)}</Notice>;
  if (state.kind !== 'running') return <div role="status" className={styles.status} />;
  const { step } = state;
  const words = step === null ? starting : LAB.stepOf(step.what, step.index, step.count);
  return (
    <div role="status" className={styles.status}>
      <p aria-hidden="true">{words}</p>
      <ProgressBar
        label={LAB.running}
        done={step?.index ?? 0}
        total={step?.count ?? 1}
        words={words}
      />
    </div>
  );
}
