import styles from './progress-bar.module.css';

type ProgressBarProps = {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** Said instead of a percentage. */
  readonly words: string;
  readonly tone?: 'good' | 'bad' | 'quiet';
};

/** How much of a known total is done. */
export function ProgressBar({ label, done, total, words, tone = 'good' }: ProgressBarProps) {
  return (
    <progress
      className={`${styles.bar} ${styles[tone]}`}
      aria-label={label}
      aria-valuetext={words}
      value={Math.min(done, total)}
      // A progress element of zero is not valid; nothing to do reads as not begun.
      max={Math.max(total, 1)}
    />
  );
}
