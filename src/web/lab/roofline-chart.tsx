import { useId } from 'react';
import type { Ceilings } from '../../agent/browser/workshop.ts';
import type { OperatorName } from '../../domain/operator.ts';
import { Panel } from '../primitives/panel.tsx';
import { backendOf } from './lab-order.ts';
import { isOfBytes, rateUnit, type LabRun } from './lab-run.ts';
import { CONTENDER_NAMES, LAB, threeDigits } from './lab-text.ts';
import styles from './lab.module.css';
import { RooflineAxes } from './roofline-axes.tsx';
import { RooflineMark } from './roofline-mark.tsx';
import { HEIGHT, placeIn, WIDTH } from './roofline-place.ts';
import { peakOf, rooflineOf, type Roof, type Roofline } from './roofline.ts';

/** Where each contender is under the roofs of this device; the table of results says it in numbers. */
export function RooflineChart({ run }: { readonly run: LabRun }) {
  const chart = rooflineOf(run);
  const id = useId();
  if (chart === null) return null;
  const unit = rateUnit(run.operator);
  return (
    <Panel title={LAB.chart}>
      <svg
        className={styles.chart}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-labelledby={id}
      >
        <title id={id}>{LAB.chartLabel(unit)}</title>
        <RooflineAxes chart={chart} unit={unit} />
        {chart.roofs.map(({ of, line }) => (
          <polyline
            key={of}
            className={roofClass(of)}
            points={line.map((point) => Object.values(placeIn(chart, point)).join()).join(' ')}
          />
        ))}
        {chart.points.map((point) => (
          <RooflineMark
            key={point.contender}
            contender={point.contender}
            {...placeIn(chart, point)}
          />
        ))}
      </svg>
      <Legend chart={chart} />
      <p className={styles.ceilings}>{ceilingWords('core', run.ceilings, run.operator)}</p>
      {chart.points.some(({ contender }) => backendOf(contender) === 'webgpu') ? (
        <p className={styles.ceilings}>{ceilingWords('gpu', run.gpuCeilings, run.operator)}</p>
      ) : null}
      <p className={styles.hint}>{LAB.chartHint}</p>
    </Panel>
  );
}

function Legend({ chart }: { readonly chart: Roofline }) {
  return (
    <ul className={styles.legend}>
      {chart.points.map(({ contender }) => (
        <li key={contender}>
          <svg className={styles.key} viewBox="-9 -9 18 18" aria-hidden="true">
            <RooflineMark contender={contender} x={0} y={0} />
          </svg>
          {CONTENDER_NAMES[contender]}
        </li>
      ))}
      {chart.roofs.map(({ of }) => (
        <li key={of}>
          <svg className={styles.key} viewBox="-9 -9 18 18" aria-hidden="true">
            <line className={roofClass(of)} x1="-9" x2="9" y1="0" y2="0" />
          </svg>
          {LAB.chartRoofs[of]}
        </li>
      ))}
    </ul>
  );
}

function roofClass(of: Roof['of']): string | undefined {
  return of === 'gpu' ? styles.gpuRoof : styles.roof;
}

function ceilingWords(of: Roof['of'], ceilings: Ceilings | null, operator: OperatorName): string {
  if (ceilings === null) return LAB.chartNone[of];
  const inGiga = (perSecond: number): string => threeDigits(perSecond / 1e9);
  const peak = inGiga(peakOf(ceilings, operator));
  return LAB.ceilings({
    what: LAB.chartRoofs[of],
    peak: isOfBytes(operator) ? LAB.ofBytes(peak) : LAB.ofFloats(peak),
    read: inGiga(ceilings.memoryPerSecond),
    copied: inGiga(ceilings.copyPerSecond),
  });
}
