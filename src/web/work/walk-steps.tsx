import { Badge, type Tone } from '../primitives/badge.tsx';
import type { WalkLine } from './walk-words.ts';
import { WORK } from './work-text.ts';
import styles from './work.module.css';

const TONES: Readonly<Record<WalkLine['mark'], Tone>> = {
  good: 'good',
  stated: 'good',
  bad: 'bad',
  open: 'quiet',
};

/** Steps, one below the other, each with its mark in words. */
export function WalkSteps({ lines }: { readonly lines: readonly WalkLine[] }) {
  return lines.map((line) => <WalkStep key={line.title} line={line} />);
}

/** One step. */
export function WalkStep({ line }: { readonly line: WalkLine }) {
  const { title, mark, words } = line;
  return (
    <li className={styles.step}>
      <p className={styles.stepTitle}>
        {title} <Badge tone={TONES[mark]}>{WORK[mark]}</Badge>
      </p>
      {words.length === 1 ? (
        <p className={styles.stepWords}>{words[0]}</p>
      ) : (
        <ul className={styles.stepWords}>
          {words.map((word) => (
            <li key={word}>{word}</li>
          ))}
        </ul>
      )}
    </li>
  );
}
