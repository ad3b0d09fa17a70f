import { LAB } from './lab-text.ts';
import styles from './lab.module.css';
import { HEIGHT, INSET, WIDTH, xIn, yIn } from './roofline-place.ts';
import type { Roofline } from './roofline.ts';

/** The grid of a roofline and its words, which the title of the drawing says to assistive technology. */
export function RooflineAxes({ chart, unit }: { readonly chart: Roofline; readonly unit: string }) {
  const [right, bottom] = [WIDTH - INSET.right, HEIGHT - INSET.bottom];
  return (
    <g aria-hidden="true">
      {chart.x.ticks.map((tick) => (
        <g key={tick}>
          <line
            className={styles.grid}
            x1={xIn(chart, tick)}
            x2={xIn(chart, tick)}
            y1={INSET.top}
            y2={bottom}
          />
          <text className={styles.tick} x={xIn(chart, tick)} y={bottom + 22} textAnchor="middle">
            {tickWords(tick)}
          </text>
        </g>
      ))}
      {chart.y.ticks.map((tick) => (
        <g key={tick}>
          <line
            className={styles.grid}
            x1={INSET.left}
            x2={right}
            y1={yIn(chart, tick)}
            y2={yIn(chart, tick)}
          />
          <text
            className={styles.tick}
            x={INSET.left - 10}
            y={yIn(chart, tick) + 5}
            textAnchor="end"
          >
            {tickWords(tick)}
          </text>
        </g>
      ))}
      <text className={styles.tick} x={right} y={HEIGHT - 10} textAnchor="end">
        {LAB.chartX}
      </text>
      <text className={styles.tick} x={0} y={INSET.top - 16}>
        {unit}
      </text>
    </g>
  );
}

/** "0.01", "100"; "1e-5" where that is shorter. */
function tickWords(tick: number): string {
  return tick < 0.001 || tick > 10_000 ? tick.toExponential(0) : String(tick);
}
