import type { RecordWork } from '../ledger/use-record-work.ts';
import type { ProvenCredits } from '../ledger/prove-credits.ts';
import { differenceWords } from '../ledger/verdict-words.ts';
import type { WalkLine } from './walk-words.ts';
import { WORK } from './work-text.ts';

/** How the proof of a total stands. */
export function totalLine(work: RecordWork<ProvenCredits, never>): WalkLine {
  const { title } = WORK.steps.total;
  switch (work.kind) {
    case 'idle':
    case 'running':
      return { title, mark: 'open', words: [WORK.totalRunning] };
    case 'failed':
      return { title, mark: 'open', words: [WORK.totalBad(work.failure.message)] };
    case 'done': {
      const { units, verdict, isEarlier } = work.value;
      const { difference, claimed } = verdict;
      if (difference !== null) {
        return { title, mark: 'bad', words: [WORK.totalBad(differenceWords(difference))] };
      }
      if (isEarlier) {
        return { title, mark: 'open', words: [WORK.totalEarlier(units, claimed?.at ?? 0)] };
      }
      const words = units === 0 ? WORK.totalNone : WORK.totalGood(units, claimed?.at ?? 0);
      return { title, mark: 'good', words: [words] };
    }
  }
}
