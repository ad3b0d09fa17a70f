import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../domain/checking.ts';
import { TASK_RUN_MS_MAX } from '../domain/limits.ts';
import type { LeaseNumber } from './slot-number.ts';
import { deviceWith, Rehearsal, sessionNamed, stageOf, theCheck } from './rehearsal.contract.ts';
import { FITTING_RETURNS, RULES } from './rules.ts';

// Tasks that were cut to a large device, and come back: no lane gets more rows than it holds.

const ALL = { kind: 'recompute', share: 1 } as const;
const LARGE = deviceWith(['add'], { bytes: 100_000, lanes: 1 });
const HELD_BY_PHONE = 10;

/** The desk has a task of more rows than the phone holds; all other rows are free. */
function largeTask(checking: CheckingPolicy, { rules = RULES, rowCount = 200 } = {}) {
  const rehearsal = new Rehearsal();
  rehearsal.send({ kind: 'rules-adopted', rules });
  const requirement = { primitives: ['add'], memoryBytes: 1_000, rowBytes: 100 } as const;
  const cut = { kind: 'fitted', grainRows: 5, rowsMax: 100_000 } as const;
  const plan = stageOf({ rowCount, rowsPerTask: 1 });
  rehearsal.submit(0, { ...plan, cut, msPerRow: 10, requirement }, checking);
  rehearsal.join('desk', LARGE);
  const first = rehearsal.leaseOne('desk');
  expect(first.rows.end - first.rows.start).toBeGreaterThan(HELD_BY_PHONE);
  rehearsal.join('phone', deviceWith(['add'], { bytes: 1_500, lanes: 1 }));
  return { rehearsal, first };
}

const leave = (rehearsal: Rehearsal) =>
  rehearsal.send({ kind: 'agent-left', session: sessionNamed('desk') });

describe('a task of more rows than the next lane holds', () => {
  it.each([
    ['lost', leave],
    ['refused', (rehearsal: Rehearsal, lease: LeaseNumber) => rehearsal.fail('desk', lease)],
  ] as const)('that was %s is cut to what it holds, and the rest is fresh again', (_, end) => {
    const { rehearsal, first } = largeTask(ALL);
    end(rehearsal, first.lease);
    const [again, ...others] = rehearsal.lease('phone', 64).map(({ rows }) => rows);
    expect(again).toEqual({ start: first.rows.start, end: first.rows.start + HELD_BY_PHONE });
    const sizes = others.map((rows) => rows.end - rows.start);
    expect(Math.max(...sizes)).toBe(HELD_BY_PHONE);
    expect(sizes.reduce((sum, size) => sum + size, HELD_BY_PHONE)).toBe(200);
  });

  it('is given as it was, in a log from before the rules', () => {
    const { rehearsal, first } = largeTask(ALL, { rules: FITTING_RETURNS - 1 });
    leave(rehearsal);
    expect(rehearsal.leaseOne('phone').rows).toEqual(first.rows);
  });

  it('is left to a lane that does, where it waits for a second opinion', () => {
    const { rehearsal, first } = largeTask({ kind: 'twice' });
    rehearsal.report('desk', first.lease);
    expect(rehearsal.leaseOne('phone').rows).not.toEqual(first.rows);
    rehearsal.join('other desk', LARGE);
    expect(rehearsal.leaseOne('other desk').rows).toEqual(first.rows);
  });

  it('is given to it after TASK_RUN_MS_MAX all the same, so that its job ends in some way', () => {
    const { rehearsal, first } = largeTask({ kind: 'twice' });
    rehearsal.report('desk', first.lease);
    for (let waitedMs = 0; waitedMs < TASK_RUN_MS_MAX; waitedMs += 10_000) {
      expect(rehearsal.lease('phone').map(({ rows }) => rows)).not.toContainEqual(first.rows);
      rehearsal.after(10_000).beat('phone');
    }
    expect(rehearsal.lease('phone').map(({ rows }) => rows)).toEqual([first.rows]);
  });

  it('is hedged by a lane that does, and by no other', () => {
    const { rehearsal, first } = largeTask(ALL, { rowCount: 1_000 });
    rehearsal.join('other desk', LARGE);
    for (const name of ['phone', 'other desk']) {
      // Who has shown nothing yet hedges nothing.
      rehearsal.judge(theCheck(rehearsal.report(name, rehearsal.leaseOne(name).lease)));
    }
    for (;;) {
      const [lease] = rehearsal.lease('phone');
      if (lease === undefined) break;
      rehearsal.judge(theCheck(rehearsal.report('phone', lease.lease)));
    }
    rehearsal.after(15_000);
    expect(rehearsal.lease('phone')).toEqual([]);
    expect(rehearsal.lease('other desk').map(({ rows }) => rows)).toEqual([first.rows]);
  });
});
