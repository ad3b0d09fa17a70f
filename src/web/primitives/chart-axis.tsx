import styles from './chart.module.css';

/** Where a chart's time begins and ends; the chart's own label says it to screen readers. */
export function ChartAxis({ start, end }: { readonly start: string; readonly end: string }) {
  return (
    <div className={styles.axis} aria-hidden="true">
      <span>{start}</span>
      <span>{end}</span>
    </div>
  );
}
