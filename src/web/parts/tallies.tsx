import type { AgentSnapshot } from '../../agent/browser/index.ts';
import { shortCountWords } from '../amounts.ts';
import type { ChartPoint } from '../step-path.ts';
import { Figures } from '../primitives/figures.tsx';
import { CONTRIBUTE } from '../text.ts';
import styles from './tallies.module.css';

type TalliesProps = { readonly snapshot: AgentSnapshot; readonly points: readonly ChartPoint[] };

/** What came of the contribution, in four numbers. */
export function Tallies({ snapshot, points }: TalliesProps) {
  const { standing, counters } = snapshot;
  const { figures } = CONTRIBUTE;
  if (standing === null) return null;
  return (
    <section className={styles.tallies} aria-label={CONTRIBUTE.figuresLabel}>
      <Figures
        figures={[
          {
            label: figures.accepted,
            value: shortCountWords(standing.accepted),
            note: figures.acceptedNote(points.at(-1)?.value ?? 0),
          },
          {
            label: figures.checking,
            value: shortCountWords(standing.pending),
            note: figures.checkingNote,
          },
          {
            label: figures.computed,
            value: shortCountWords(counters.tasksComputed),
            note: figures.computedNote(counters.rowsComputed),
          },
          {
            label: figures.rejected,
            value: shortCountWords(standing.rejected),
            note: figures.rejectedNote,
          },
        ]}
      />
    </section>
  );
}
