import type { Timeline } from '../../simulation/timeline.ts';
import { countWords } from '../amounts.ts';
import { laneName, momentWords, SIMULATE, SPAN_WORDS, virtualClock } from '../simulate-text.ts';
import { countSpans } from '../timeline-view.ts';
import styles from './simulation-outcome.module.css';

const COUNTED = ['accepted', 'lost', 'refused'] as const;

/** A timeline for whoever reads rather than looks. */
export function TimelineTables({ timeline }: { readonly timeline: Timeline }) {
  return (
    <>
      <details>
        <summary>{SIMULATE.lanes}</summary>
        <LanesTable timeline={timeline} />
      </details>
      <details>
        <summary>{SIMULATE.moments}</summary>
        <MomentsTable timeline={timeline} />
      </details>
    </>
  );
}

function LanesTable({ timeline }: { readonly timeline: Timeline }) {
  const agents = timeline.lanes.filter(({ kind }) => kind !== 'fault' && kind !== 'orchestrator');
  return (
    <table className={styles.verdicts}>
      <thead>
        <tr>
          <th scope="col">{SIMULATE.lane}</th>
          {COUNTED.map((kind) => (
            <th key={kind} scope="col">
              {SPAN_WORDS[kind]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {agents.map((lane) => (
          <tr key={lane.name}>
            <th scope="row">{laneName(lane)}</th>
            {COUNTED.map((kind) => (
              <td key={kind}>{countWords(countSpans(lane, kind))}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function MomentsTable({ timeline }: { readonly timeline: Timeline }) {
  const { moments, momentsLeftOut } = timeline;
  return (
    <>
      <table className={styles.verdicts}>
        <thead>
          <tr>
            <th scope="col">{SIMULATE.when}</th>
            <th scope="col">{SIMULATE.lane}</th>
            <th scope="col">{SIMULATE.what}</th>
          </tr>
        </thead>
        <tbody>
          {moments.map((moment, index) => (
            // Nothing else tells two apart that share an instant; their order never changes.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={index}>
              <td>{virtualClock(moment.atMs)}</td>
              <td>{moment.lane === '' ? SIMULATE.lanesNone : moment.lane}</td>
              <td>{momentWords(moment)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {momentsLeftOut === 0 ? null : <p>{SIMULATE.leftOut(momentsLeftOut)}</p>}
    </>
  );
}
