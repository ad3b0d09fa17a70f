import { LIE_NAMES, type LieName } from '../../../src/agent/lies/lie.ts';
import { LIES } from '../../../src/agent/lies/lies.ts';

/** Who takes part, whatever keys they use one after another. */
export type Person = {
  readonly name: string;
  /** Null: honest. */
  readonly lie: LieName | null;
  /** Share of the results that are lies. */
  readonly rate: number;
  /** Results that each key gives rightly first; null: as the kind of lie has it. */
  readonly honestFirst: number | null;
  /** What colluding ones share. */
  readonly secret: string;
  /** Which of the honest devices computes for them. */
  readonly device: number;
  /** Virtual time for one task. */
  readonly taskMs: number;
};

/** Whether nothing that they report is wrong: noise below the tolerance is not. */
export function isHonest({ lie }: Pick<Person, 'lie'>): boolean {
  return lie === null || !LIES[lie].isWrong;
}

/** Kinds of lies that one alone tells. */
const ALONE = LIE_NAMES.filter((kind) => LIES[kind].isWrong && !LIES[kind].isShared);
const CONTROL: LieName = 'below-tolerance';
/** One of so many of the honest is a control whose noise must pass. */
const CONTROL_EVERY = 8;

/**
 * A crowd with shares of liars and of pairs that collude; the rest is honest.
 *
 * Liars are of all kinds in turn, each at one of `rates` in turn and after one of `honestFirst`
 * results in turn.
 */
export function crowd(of: {
  readonly count: number;
  readonly liarShare: number;
  readonly colluderShare: number;
  readonly rates: readonly number[];
  /** Empty: as the kinds have it. */
  readonly honestFirst: readonly number[];
}): readonly Person[] {
  const liars = Math.round(of.count * of.liarShare);
  const colluders = 2 * Math.round((of.count * of.colluderShare) / 2);
  return Array.from({ length: of.count }, (_, index): Person => {
    const isLiar = index < liars;
    const isColluder = !isLiar && index < liars + colluders;
    const lie = isLiar ? pick(ALONE, index) : isColluder ? 'colluding-pair' : controlAt(index);
    const turn = Math.floor(index / ALONE.length) + index;
    const pair = Math.floor((index - liars) / 2);
    // Colluders must lie of the same tasks at the same rate.
    const chosen = isColluder ? pair : turn;
    return {
      name: `p${index}`,
      lie,
      rate: lie === CONTROL ? 1 : pick(of.rates, chosen),
      honestFirst:
        isLiar || isColluder ? (of.honestFirst[chosen % of.honestFirst.length] ?? null) : null,
      secret: `pair ${pair}`,
      device: index % 3,
      taskMs: 500 + 100 * (index % 11),
    };
  });
}

function controlAt(index: number): LieName | null {
  return index % CONTROL_EVERY === 0 ? CONTROL : null;
}

function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('there is nothing to pick');
  return item;
}
