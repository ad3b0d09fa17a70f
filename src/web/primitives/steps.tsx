import { stepPath, type ChartPoint } from '../step-path.ts';
import styles from './chart.module.css';

type StepsProps = {
  /** What the chart shows, in one sentence. */
  readonly label: string;
  readonly points: readonly ChartPoint[];
};

const SIZE = { width: 600, height: 120 };

/** A total that only grows, over time: a step at each change. */
export function Steps({ label, points }: StepsProps) {
  const line = stepPath(points, SIZE);
  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path className={styles.area} d={`${line}V${SIZE.height}H0Z`} />
      <path className={styles.ground} d={`M0 ${SIZE.height}H${SIZE.width}`} />
      <path className={styles.line} d={line} />
    </svg>
  );
}
