import { Bars } from '../primitives/bars.tsx';
import { ChartAxis } from '../primitives/chart-axis.tsx';
import { Panel } from '../primitives/panel.tsx';
import { NETWORK } from '../text.ts';

const SECONDS = 60;

/** How fast the network went in each of the last 60 seconds. */
export function Throughput({ acceptedPerSecond }: { acceptedPerSecond: readonly number[] }) {
  const recent = acceptedPerSecond.slice(-SECONDS);
  // A network younger than a minute has fewer seconds than the chart.
  const values = [...Array.from({ length: SECONDS - recent.length }, () => 0), ...recent];
  const sum = values.reduce((total, value) => total + value, 0);
  const peak = Math.max(...values);
  return (
    <Panel title={NETWORK.throughput} aside={NETWORK.throughputPeak(peak)}>
      <Bars label={NETWORK.throughputLabel(sum, peak)} values={values} />
      <ChartAxis start={NETWORK.throughputStart} end={NETWORK.now} />
    </Panel>
  );
}
