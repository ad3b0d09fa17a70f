import { useState, type PointerEvent } from 'react';
import type { Timeline } from '../../simulation/timeline.ts';
import { Panel } from '../primitives/panel.tsx';
import { Slider } from '../primitives/slider.tsx';
import { laneName, momentWords, SIMULATE, SPAN_WORDS, virtualClock } from '../simulate-text.ts';
import { DRAWN_WIDTH, LANE_PX, marksOf, nearestMoment, pathOf, xOf } from '../timeline-view.ts';
import { TimelineTables } from './timeline-tables.tsx';
import styles from './timeline-panel.module.css';

const DRAWN = ['up', 'fault', 'lost', 'refused', 'accepted'] as const;

/** A history to look at: lanes of time, one moment of it in words, and all of it as tables. */
export function TimelinePanel({ timeline }: { readonly timeline: Timeline }) {
  const [index, setIndex] = useState(0);
  const { moments } = timeline;
  const shown = moments[Math.min(index, moments.length - 1)];
  return (
    <Panel title={SIMULATE.timeline} aside={SIMULATE.timelineHint}>
      <Legend />
      <div className={styles.lanes}>
        <LaneNames timeline={timeline} />
        <Drawing timeline={timeline} atMs={shown?.atMs ?? null} onPoint={setIndex} />
      </div>
      {shown === undefined ? null : (
        <>
          <p className={styles.moment} aria-live="polite">
            <strong>{virtualClock(shown.atMs)}</strong> {momentWords(shown)}
          </p>
          <Slider
            label={SIMULATE.moment}
            value={Math.min(index, moments.length - 1)}
            min={0}
            max={moments.length - 1}
            words={SIMULATE.momentWords(Math.min(index, moments.length - 1), moments.length)}
            hint={SIMULATE.momentHint}
            onChange={setIndex}
          />
        </>
      )}
      <TimelineTables timeline={timeline} />
    </Panel>
  );
}

function Legend() {
  return (
    <ul className={styles.legend} aria-hidden="true">
      {DRAWN.map((kind) => (
        <li key={kind}>
          <svg width="12" height="12" className={styles[kind]}>
            <rect width="12" height="12" />
          </svg>
          {SPAN_WORDS[kind]}
        </li>
      ))}
    </ul>
  );
}

function LaneNames({ timeline }: { readonly timeline: Timeline }) {
  return (
    <ul className={styles.names} aria-hidden="true">
      {timeline.lanes.map((lane) => (
        <li key={lane.name} style={{ height: LANE_PX }} title={laneName(lane)}>
          {laneName(lane)}
        </li>
      ))}
    </ul>
  );
}

type DrawingProps = {
  readonly timeline: Timeline;
  readonly atMs: number | null;
  readonly onPoint: (index: number) => void;
};

function Drawing({ timeline, atMs, onPoint }: DrawingProps) {
  const { lanes, moments, faultsMs, endMs } = timeline;
  const height = lanes.length * LANE_PX;
  const point = ({ currentTarget, clientX }: PointerEvent<SVGSVGElement>): void => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const index = nearestMoment(moments, ((clientX - left) / Math.max(1, width)) * endMs);
    if (index >= 0) onPoint(index);
  };
  return (
    <svg
      className={styles.drawing}
      role="img"
      aria-label={SIMULATE.timelineLabel(lanes.length, moments.length)}
      viewBox={`0 0 ${DRAWN_WIDTH} ${height}`}
      height={height}
      preserveAspectRatio="none"
      onPointerMove={point}
      onPointerDown={point}
    >
      <path className={styles.over} d={`M${xOf(timeline, faultsMs)} 0V${height}`} />
      {DRAWN.map((kind) => (
        <path key={kind} className={styles[kind]} d={pathOf(timeline, kind)} />
      ))}
      <path className={styles.marks} d={marksOf(timeline)} />
      {atMs === null ? null : (
        <path className={styles.cursor} d={`M${xOf(timeline, atMs)} 0V${height}`} />
      )}
    </svg>
  );
}
