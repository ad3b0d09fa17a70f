import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../domain/checking.ts';
import { HEDGE_LATENESS, HEDGE_MS_MIN, HEDGED_SHARE_MAX, LEASE_MS } from '../domain/limits.ts';
import { idleReasonFor } from './queries.ts';
import {
  agentNamed,
  checksIn,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
  theAccepted,
  theCheck,
} from './rehearsal.contract.ts';

const ALL = { kind: 'recompute', share: 1 } as const;

/** Agents that have shown something, and a job of tasks that are expected to take no time. */
function network(taskCount: number, checking: CheckingPolicy, ...names: string[]): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.submit(9, stageOf({ rowCount: names.length, rowsPerTask: 1 }), ALL);
  for (const name of names) {
    rehearsal.join(name);
    rehearsal.prove(name);
  }
  rehearsal.submit(0, stageOf({ rowCount: taskCount, rowsPerTask: 1 }), checking);
  return rehearsal;
}

describe('a straggler', () => {
  it('is given to an idle agent once it is late, and the first result counts', () => {
    const rehearsal = network(1, ALL, 'slow', 'idle');
    const first = rehearsal.leaseOne('slow');
    rehearsal.after(HEDGE_MS_MIN - 1);
    expect(the('lease-refused', rehearsal.ask('idle'))).toMatchObject({
      reason: 'all_leased',
      askAgainMs: 1,
    });
    rehearsal.after(1);
    expect(idleReasonFor(rehearsal.state, sessionNamed('idle'), rehearsal.atMs)).toBeNull();
    const second = rehearsal.leaseOne('idle');
    expect(second.rows).toEqual(first.rows);
    const accepted = theAccepted(rehearsal.judge(theCheck(rehearsal.report('idle', second.lease))));
    expect(accepted.agents).toEqual([agentNamed('idle')]);
    expect(the('leases-dropped', rehearsal.beat('slow', [first.lease])).leases).toEqual([
      first.lease,
    ]);
    const late = the('results-received', rehearsal.report('slow', first.lease));
    expect(late.statuses).toEqual(['late']);
  });

  it('is late after HEDGE_LATENESS times what it was expected to take, where that is long', () => {
    const rehearsal = network(0, ALL, 'slow', 'idle');
    const msPerRow = 4 * HEDGE_MS_MIN;
    rehearsal.submit(1, { ...stageOf({ rowCount: 1, rowsPerTask: 1 }), msPerRow }, ALL);
    rehearsal.leaseOne('slow');
    rehearsal.after(HEDGE_LATENESS * msPerRow - 1);
    expect(rehearsal.lease('idle')).toEqual([]);
    expect(rehearsal.after(1).lease('idle')).toHaveLength(1);
  });

  it('counts if its own result comes first', () => {
    const rehearsal = network(1, ALL, 'slow', 'idle');
    const first = rehearsal.leaseOne('slow');
    const second = rehearsal.after(HEDGE_MS_MIN).leaseOne('idle');
    rehearsal.judge(theCheck(rehearsal.report('slow', first.lease)));
    expect(the('results-received', rehearsal.report('idle', second.lease)).statuses).toEqual([
      'late',
    ]);
  });

  it('is given once, and not to a key that has shown nothing', () => {
    const rehearsal = network(1, ALL, 'slow', 'idle', 'other');
    rehearsal.join('new');
    rehearsal.leaseOne('slow');
    rehearsal.after(HEDGE_MS_MIN);
    expect(rehearsal.lease('new')).toEqual([]);
    expect(rehearsal.lease('slow')).toEqual([]);
    expect(rehearsal.lease('idle')).toHaveLength(1);
    expect(rehearsal.lease('other')).toEqual([]);
  });

  it('is not looked for while tasks of its job wait', () => {
    const rehearsal = network(2, ALL, 'slow', 'idle');
    rehearsal.leaseOne('slow');
    rehearsal.after(HEDGE_MS_MIN);
    expect(rehearsal.leaseOne('idle').rows.start).toBe(1);
  });

  it('is one of few: HEDGED_SHARE_MAX of the rows of a stage', () => {
    const count = 60;
    const rehearsal = network(count, ALL, 'slow', 'idle');
    expect(rehearsal.lease('slow', 60)).toHaveLength(count);
    rehearsal.after(HEDGE_MS_MIN);
    const hedges = Array.from({ length: count }, () => rehearsal.lease('idle')).flat();
    expect(hedges).toHaveLength(HEDGED_SHARE_MAX * count);
  });

  it('under "twice" gives the second opinion with its second lease', () => {
    const rehearsal = network(1, { kind: 'twice' }, 'slow', 'idle');
    const first = rehearsal.leaseOne('slow');
    const second = rehearsal.after(HEDGE_MS_MIN).leaseOne('idle');
    expect(checksIn(rehearsal.report('idle', second.lease))).toEqual([]);
    const check = theCheck(rehearsal.report('slow', first.lease));
    expect(check.mode).toEqual({ kind: 'compare' });
    expect(theAccepted(rehearsal.judge(check)).agents).toHaveLength(2);
  });

  it('goes on with the second lease where the first expires', () => {
    const rehearsal = network(1, ALL, 'slow', 'idle');
    rehearsal.leaseOne('slow');
    const second = rehearsal.after(HEDGE_MS_MIN).leaseOne('idle');
    for (let ms = 0; ms < LEASE_MS; ms += LEASE_MS / 3) {
      rehearsal.after(LEASE_MS / 3).beat('idle', [second.lease]);
      rehearsal.beat('slow');
      rehearsal.tick();
    }
    expect(only('lease-refused', rehearsal.ask('slow'))).toHaveLength(1);
    expect(theCheck(rehearsal.report('idle', second.lease)).results).toHaveLength(1);
  });
});
