import { checkNamesIn } from '../../domain/checking.ts';
import type { CreditedTask } from '../../ledger/index.ts';
import type { StepMark, Walk } from './walk-receipt.ts';
import { WORK } from './work-text.ts';

/** A step as it is shown: what it is about, whether it holds, and why that matters. */
export type WalkLine = {
  readonly title: string;
  readonly mark: StepMark['kind'] | 'stated';
  readonly words: readonly string[];
};

/** The steps of a receipt for one of its tasks, in the order in which they are walked. */
export function walkLines(walk: Walk, task: CreditedTask): readonly WalkLine[] {
  const { steps } = WORK;
  const names = walk.cosigners.map(({ name }) => name).join(', ');
  const { job, index, rows, units } = task;
  // No check is made again here: that the ledger's key signed it is what is known.
  const stated = walk.signed.kind === 'good' ? 'stated' : walk.signed.kind;
  const passed = checkNamesIn(task.checks).map((name) => WORK.checkNames[name]);
  return [
    {
      title: walk.isTakenBack ? steps.task.takenBack : steps.task.title,
      mark: stated,
      words: [steps.task.words(index, rows.count, task.work, units), `${steps.task.job} ${job}`],
    },
    {
      title: steps.checks.title,
      mark: passed.length === 0 ? 'open' : stated,
      words: passed.length === 0 ? [steps.checks.none] : passed,
    },
    line(steps.recorded.title, walk.recorded, {
      good: walk.isTakenBack ? steps.recorded.takenBack : steps.recorded.good,
      open: steps.recorded.open,
    }),
    line(steps.signed.title, walk.signed, { good: steps.signed.good, open: '' }),
    line(steps.included.title, walk.included, {
      good: steps.included.good(walk.index, walk.size),
      open: '',
    }),
    line(steps.checkpoint.title, walk.checkpoint, {
      good: steps.checkpoint.good(walk.origin),
      open: '',
    }),
    line(steps.cosigned.title, walk.cosigned, {
      good: steps.cosigned.good(names),
      open: steps.cosigned.open,
    }),
  ];
}

function line(
  title: string,
  mark: StepMark,
  words: { readonly good: string; readonly open: string },
): WalkLine {
  return { title, mark: mark.kind, words: [mark.kind === 'bad' ? mark.why : words[mark.kind]] };
}
