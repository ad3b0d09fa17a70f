import { countWords, durationWords } from '../amounts.ts';
import type { CanariesView, CanaryRow } from '../network-view.ts';
import { Badge } from '../primitives/badge.tsx';
import { Figures } from '../primitives/figures.tsx';
import { Panel } from '../primitives/panel.tsx';
import { CANARIES } from '../text.ts';
import styles from './canary-panel.module.css';

/** How quickly the checks find liars out, as the operator's canaries measure it. */
export function CanaryPanel({ canaries }: { readonly canaries: CanariesView }) {
  const { lives, running } = canaries;
  return (
    <Panel title={CANARIES.title} aside={lives.length === 0 ? '' : CANARIES.running(running)}>
      <p className={styles.lead}>{lives.length === 0 ? CANARIES.empty : CANARIES.lead}</p>
      {lives.length === 0 ? null : (
        <>
          <CanaryNumbers canaries={canaries} />
          <CanaryTable lives={lives} />
        </>
      )}
    </Panel>
  );
}

function CanaryNumbers({ canaries }: { readonly canaries: CanariesView }) {
  const { figures } = CANARIES;
  const { caught, left, catches } = canaries;
  const none = CANARIES.none;
  return (
    <Figures
      figures={[
        { label: figures.caught, value: countWords(caught), note: CANARIES.uncaught(left) },
        {
          label: figures.median,
          value: catches === null ? none : durationWords(catches.medianMs),
          note: catches === null ? '' : CANARIES.measured(catches.count),
        },
        { label: figures.worst, value: catches === null ? none : durationWords(catches.worstMs) },
        {
          label: figures.misses,
          value: catches === null ? none : countWords(catches.misses),
          note: figures.missesNote,
        },
      ]}
    />
  );
}

function CanaryTable({ lives }: { readonly lives: readonly CanaryRow[] }) {
  const { columns } = CANARIES;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{columns.lie}</th>
          <th scope="col">{columns.state}</th>
          <th scope="col" className={styles.number}>
            {columns.time}
          </th>
          <th scope="col" className={styles.number}>
            {columns.misses}
          </th>
        </tr>
      </thead>
      <tbody>
        {lives.map(({ key, lie, state, caughtAfterMs, misses }) => (
          <tr key={key}>
            <th scope="row">
              <code>{lie}</code>
            </th>
            <td>
              <Badge tone={TONES[state]}>{CANARIES.states[state]}</Badge>
            </td>
            <td className={styles.number}>
              {caughtAfterMs === null ? CANARIES.none : durationWords(caughtAfterMs)}
            </td>
            <td className={styles.number}>{countWords(misses)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const TONES = { running: 'quiet', caught: 'good', left: 'bad' } as const;
