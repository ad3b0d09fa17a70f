import { CHECKER_NAMES } from '../../simulation/checkers/checker-names.ts';
import { replayCommand } from '../../simulation/replay-command.ts';
import type { SimulationResult } from '../../simulation/simulate.ts';
import type { Timeline } from '../../simulation/timeline.ts';
import { countWords } from '../amounts.ts';
import { Badge } from '../primitives/badge.tsx';
import { Figures } from '../primitives/figures.tsx';
import { Panel } from '../primitives/panel.tsx';
import { PROMISES, SIMULATE, virtualClock } from '../simulate-text.ts';
import styles from './simulation-outcome.module.css';
import { TimelinePanel } from './timeline-panel.tsx';

type SimulationOutcomeProps = { readonly result: SimulationResult; readonly timeline: Timeline };

/** What came of a simulation: verdicts, the history's hash, and the history to look at. */
export function SimulationOutcome({ result, timeline }: SimulationOutcomeProps) {
  const isKept = result.violations.length === 0;
  const figures = [
    { label: SIMULATE.events, value: countWords(result.eventCount) },
    { label: SIMULATE.time, value: virtualClock(result.virtualMs) },
    { label: SIMULATE.jobs, value: countWords(result.options.jobs) },
  ];
  const badge = (
    <Badge tone={isKept ? 'good' : 'bad'}>{isKept ? SIMULATE.kept : SIMULATE.failed}</Badge>
  );
  return (
    <>
      <Panel title={SIMULATE.result} aside={badge}>
        <Figures figures={figures} />
        <p className={styles.command}>
          {SIMULATE.hash}
          <code className={styles.code}>{result.hash}</code>
        </p>
        <p className={styles.command}>
          {SIMULATE.command}
          <code className={styles.code}>{replayCommand(result.options)}</code>
        </p>
        <Verdicts violations={result.violations} />
      </Panel>
      <TimelinePanel timeline={timeline} />
    </>
  );
}

function Verdicts({ violations }: Pick<SimulationResult, 'violations'>) {
  return (
    <table className={styles.verdicts}>
      <caption>{SIMULATE.checkers}</caption>
      <thead>
        <tr>
          <th scope="col">{SIMULATE.checker}</th>
          <th scope="col">{SIMULATE.verdict}</th>
        </tr>
      </thead>
      <tbody>
        {CHECKER_NAMES.map((name) => {
          const found = violations.filter(({ checker }) => checker === name);
          return (
            <tr key={name}>
              <th scope="row">{PROMISES[name] ?? name}</th>
              <td>
                {found.length === 0 ? SIMULATE.verdictKept : null}
                {found.map(({ atMs, message }) => (
                  <p key={`${atMs} ${message}`} className={styles.violation}>
                    {virtualClock(atMs)} {message}
                  </p>
                ))}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
