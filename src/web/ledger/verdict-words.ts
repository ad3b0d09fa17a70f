import { assertNever } from '../../domain/assert.ts';
import type {
  RecordDifference,
  RecordVerdict,
} from '../../execution-machine/verify/record-check.ts';
import { LEDGER } from './ledger-text.ts';

/** What was found to be right, a sentence each; up to the difference, where there is one. */
export function foundWords(verdict: RecordVerdict): readonly string[] {
  const { trusted, view, entryCount, byteCount, folded, claimed, difference } = verdict;
  const { verified } = LEDGER;
  const words: string[] = [verified.checkpoint(trusted.checkpoint.size)];
  if (difference?.kind !== 'forked') words.push(verified.views[view]);
  if (entryCount > 0) words.push(verified.entries(entryCount, byteCount));
  if (folded !== null && difference === null) {
    words.push(verified.folded(folded.actionCount, folded.agreedCount));
  }
  if (claimed !== null) words.push(verified.claimed(claimed.at));
  return words;
}

/** The first thing that is not as it should be. */
export function differenceWords(difference: RecordDifference): string {
  switch (difference.kind) {
    case 'forked':
      return LEDGER.differs.forked;
    case 'entry':
      return LEDGER.differs.entry(difference.index, difference.why.message);
    case 'root':
      return LEDGER.differs.root(difference.afterIndex, difference.index);
    case 'row':
      return LEDGER.differs.row(difference.why.message);
    default:
      return assertNever(difference);
  }
}
