import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckingRule } from './checking-rule.ts';
import { OURS, QUORUM_2, UNCHECKED } from './our-rule.ts';
import { crowd, isHonest, type Person } from './people.ts';
import { totalOf, type Tally } from './tally.ts';
import { SUBJECTS, type Subject, type TaskSize } from './trust-jobs.ts';
import { runTrustWorld } from './trust-world.ts';
import { openStage, type Stage } from './worlds.ts';

const SIZE: TaskSize = { rowsPerTask: 8, taskCount: 48, columns: 16, inner: 64 };
const OPERATORS = SUBJECTS.filter((subject) => subject !== 'model rows');
/** Of each 20: 6 liars, a pair, and the rest honest. */
const SHARES = { count: 20, liarShare: 0.3, colluderShare: 0.1 };
const DISHONEST = crowd({ ...SHARES, rates: [1, 0.3], honestFirst: [0, 3] });

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});

function run(of: {
  readonly rule: CheckingRule;
  readonly subjects: readonly Subject[];
  readonly people?: readonly Person[];
  readonly size?: TaskSize;
}): Promise<Tally> {
  const { rule, subjects, people = DISHONEST, size = SIZE } = of;
  const jobs = subjects.map((subject) => ({ subject, size }));
  const tasks = subjects.length * size.taskCount;
  return runTrustWorld({ people, jobs, tasks, jobsOpen: 4, rule, seed: 3, ...stage });
}

const wrongTold = ({ fates }: Tally): number =>
  [...fates.values()].reduce((sum, { told }) => sum + told, 0);

describe('a crowd with liars, checked completely', () => {
  let tally: Tally;
  beforeAll(async () => {
    tally = await run({ rule: OURS, subjects: OPERATORS });
  });

  it('tells wrong results, of which none is in an output', () => {
    expect(wrongTold(tally)).toBeGreaterThan(50);
    expect(totalOf(tally.sealedResults)).toBe(OPERATORS.length * SIZE.taskCount);
    expect(totalOf(tally.wrongNumbers)).toBe(0);
    const accepted = [...tally.fates].filter(([, { escaped }]) => escaped > 0);
    expect(accepted).toEqual([]);
  });

  it('loses every key that lied, at its first wrong results', () => {
    expect(tally.caught.length).toBeGreaterThan(20);
    expect(tally.atLarge.size).toBe(0);
  });

  it('keeps the keys of the honest, noise below the tolerance included', () => {
    expect(DISHONEST.filter(isHonest).some(({ lie }) => lie === 'below-tolerance')).toBe(true);
    expect(tally.honestQuarantined).toEqual([]);
    expect(tally.rejectedThoughRight).toEqual([]);
  });

  it('is the same when it runs again', async () => {
    const again = await run({ rule: OURS, subjects: OPERATORS });
    expect([...again.fates]).toEqual([...tally.fates]);
    expect(again.caught).toEqual(tally.caught);
  });
});

describe('a crowd with liars, not checked', () => {
  it('has wrong numbers in the outputs of every operator', async () => {
    const tally = await run({ rule: UNCHECKED, subjects: OPERATORS });
    expect(OPERATORS.filter((subject) => !tally.wrongNumbers.has(subject))).toEqual([]);
    expect(tally.caught).toEqual([]);
  });
});

describe('a pair that colludes', () => {
  const people = (count: number): readonly Person[] =>
    crowd({ count, liarShare: 0, colluderShare: 2 / count, rates: [1], honestFirst: [] });

  it('gets wrong results past a quorum of two', async () => {
    const tally = await run({ rule: QUORUM_2, subjects: ['matmul', 'relu'], people: people(2) });
    expect(totalOf(tally.sealedWrong)).toBeGreaterThan(0);
  });

  it('gets none past our checks', async () => {
    const tally = await run({ rule: OURS, subjects: ['matmul', 'relu'], people: people(4) });
    expect(wrongTold(tally)).toBeGreaterThan(0);
    expect(totalOf(tally.sealedWrong)).toBe(0);
  });
});

describe('rows of a model, sampled', () => {
  const LONG: TaskSize = { rowsPerTask: 16, taskCount: 1_500, columns: 4, inner: 16 };
  const FEW = crowd({
    count: 5,
    liarShare: 0.2,
    colluderShare: 0,
    rates: [0.1],
    honestFirst: [90],
  });

  it('costs less than all rows, and revokes or seals what escaped at first', async () => {
    const of = { rule: OURS, subjects: ['model rows'], people: FEW, size: LONG } as const;
    const tally = await run(of);
    expect((await run(of)).caught).toEqual(tally.caught);
    const fates = [...tally.fates.values()];
    expect(fates.map(({ escaped }) => escaped)).toEqual(
      fates.map(({ revoked, sealed }) => revoked + sealed),
    );
    expect(totalOf(tally.checkingTasks)).toBeLessThan(0.9 * LONG.taskCount);
    expect(wrongTold(tally)).toBeGreaterThan(0);
    expect(tally.honestQuarantined).toEqual([]);
  });
});
