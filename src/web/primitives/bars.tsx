import styles from './chart.module.css';

type BarsProps = {
  /** What the chart shows, in one sentence. */
  readonly label: string;
  readonly values: readonly number[];
};

const BAR = 10;
const GAP = 3;
const HEIGHT = 120;
/** An empty second still shows as a line, so that silence does not look like a broken chart. */
const BASE = 2;

/** One bar a value, oldest first. */
export function Bars({ label, values }: BarsProps) {
  const peak = Math.max(1, ...values);
  const width = values.length * (BAR + GAP) - GAP;
  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${Math.max(width, 1)} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.map((value, index) => {
        const height = Math.max(BASE, (value / peak) * HEIGHT);
        return (
          <rect
            // A second's place is what it is known by: the row moves on beneath it.
            key={index}
            className={value === 0 ? styles.quietBar : styles.bar}
            x={index * (BAR + GAP)}
            y={HEIGHT - height}
            width={BAR}
            height={height}
          />
        );
      })}
    </svg>
  );
}
