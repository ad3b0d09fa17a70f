import { clockWords } from '../amounts.ts';
import { ChartAxis } from '../primitives/chart-axis.tsx';
import { Panel } from '../primitives/panel.tsx';
import { Steps } from '../primitives/steps.tsx';
import type { ChartPoint } from '../step-path.ts';
import { CONTRIBUTE } from '../text.ts';
import { useNow } from '../use-now.ts';
import styles from './session-chart.module.css';

/** Tasks accepted since the page was opened, as they came. */
export function SessionChart({ points }: { readonly points: readonly ChartPoint[] }) {
  const nowMs = useNow({ intervalMs: 1_000, isTicking: true });
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || last.value === 0) {
    return (
      <Panel title={CONTRIBUTE.session}>
        <p className={styles.empty}>{CONTRIBUTE.sessionEmpty}</p>
      </Panel>
    );
  }
  const since = clockWords(first.atMs);
  const untilNow = [...points, { atMs: Math.max(nowMs, last.atMs), value: last.value }];
  return (
    <Panel title={CONTRIBUTE.session} aside={CONTRIBUTE.sessionTotal(last.value)}>
      <Steps label={CONTRIBUTE.sessionLabel(last.value, since)} points={untilNow} />
      <ChartAxis start={since} end={CONTRIBUTE.nowAxis} />
    </Panel>
  );
}
