// Lease ids as they come from outside: processes that go on from one state have seeds of their own.
import { describe, expect, it } from 'vitest';
import { SETTLED_LEASES_MAX } from '../domain/limits.ts';
import { leaseIdOf, numberInLeaseId } from './lease-id.ts';
import { SEED, SETTLED } from './lease-table.ts';
import { leaseNumberOf } from './leases.ts';
import { isOut } from './queries.ts';
import { Rehearsal, sessionNamed, stageOf, the } from './rehearsal.contract.ts';
import type { LeaseNumber } from './slot-number.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { createScheduler, type SchedulerState } from './state.ts';
import { step } from './step.ts';

const RECOMPUTE = { kind: 'recompute', share: 1 } as const;

/** A job of six tasks, and an agent that was there before the backup. */
function network(): Rehearsal {
  const rehearsal = new Rehearsal(3);
  rehearsal.submit(0, stageOf({ rowCount: 6, rowsPerTask: 1 }), RECOMPUTE);
  rehearsal.join('ada');
  return rehearsal;
}

function grant(rehearsal: Rehearsal, seed: number): LeaseNumber {
  const asked = { session: sessionNamed('ada'), maxTasks: 1, seed };
  const [granted] = the(
    'leases-granted',
    rehearsal.send({ kind: 'lease-requested', ...asked }),
  ).leases;
  if (granted === undefined) throw new Error('ada was granted nothing');
  return granted.lease;
}

describe('the id of a lease', () => {
  it('is good under the seed of its own grant, whatever others were granted under', () => {
    const rehearsal = network();
    const [first, second] = [grant(rehearsal, 0xffff_fff0), grant(rehearsal, 12)];
    const { state } = rehearsal;
    expect(leaseNumberOf(state, leaseIdOf(0xffff_fff0, first))).toBe(first);
    expect(leaseNumberOf(state, leaseIdOf(12, second))).toBe(second);
    expect(leaseNumberOf(state, leaseIdOf(12, first))).toBeNull();
    expect(leaseNumberOf(state, leaseIdOf(0xffff_fff0, second))).toBeNull();
  });

  it('is of no lease of another process that went on from the same state', () => {
    const [lost, restored] = [network(), network()];
    const number = grant(lost, 11);
    expect(grant(restored, 12)).toBe(number);
    expect(leaseNumberOf(restored.state, leaseIdOf(11, number))).toBeNull();
  });

  it('is not believed before its number is given: it could be by the time it is used', () => {
    const rehearsal = network();
    const number = grant(rehearsal, 11);
    const next = (number + 1) as LeaseNumber;
    expect(leaseNumberOf(rehearsal.state, leaseIdOf(11, next))).toBeNull();
    expect(grant(rehearsal, 11)).toBe(next);
    expect(leaseNumberOf(rehearsal.state, leaseIdOf(11, next))).toBe(next);
  });

  it('is made under the seed of the state where a request names none, as in logs of before', () => {
    const rehearsal = network();
    const { lease } = rehearsal.leaseOne('ada');
    expect(rehearsal.state.leases.records.int(0, SEED)).toBe(0);
    expect(leaseNumberOf(rehearsal.state, leaseIdOf(3, lease))).toBe(lease);
    expect(leaseNumberOf(restore(takeSnapshot(rehearsal.state)), leaseIdOf(3, lease))).toBe(lease);
    expect(leaseNumberOf(rehearsal.state, leaseIdOf(4, lease))).toBeNull();
  });

  it('that is forgotten names a number that is never given again, and so a late result', () => {
    const { state } = network();
    const { leases } = state;
    const settle = (): LeaseNumber => {
      const slot = leases.allot();
      leases.release(slot, SETTLED);
      return leases.numberOf(slot);
    };
    const number = settle();
    for (let others = 0; others < SETTLED_LEASES_MAX; others++) settle();
    expect(leaseNumberOf(state, leaseIdOf(9, number))).toBeNull();
    const again = settle();
    expect(again).not.toBe(number);
    expect(leaseNumberOf(state, leaseIdOf(9, number))).toBe(number);
    expect(isOut(state, number)).toBe(false);
    const agent = sessionNamed('ada');
    const results = [{ lease: number, result: { kind: 'output' } as const, computeMs: 1 }];
    const reported = { kind: 'results-reported', session: agent, results, atMs: 1 } as const;
    expect(the('results-received', step(state, reported).effects).statuses).toEqual(['late']);
  });
});

describe('numbers of leases', () => {
  it.each([0, 1, 4095, 4096, 4097])('are others with each use of a slot, in epoch %i', (epoch) => {
    const { leases } = createScheduler(1, epoch);
    const numbers = new Set<number>();
    for (let use = 0; use < 3 * (SETTLED_LEASES_MAX + 1); use++) {
      const slot = leases.allot();
      const number = leases.numberOf(slot);
      numbers.add(numberInLeaseId(leaseIdOf(7, number)));
      leases.release(slot, SETTLED);
    }
    expect(numbers.size).toBe(3 * (SETTLED_LEASES_MAX + 1));
    expect(leases.records.count).toBe(SETTLED_LEASES_MAX + 1);
  });
});

describe('a snapshot', () => {
  it('keeps the seed of each lease', () => {
    const rehearsal = network();
    const [first, second] = [grant(rehearsal, 11), grant(rehearsal, 12)];
    const state = restore(takeSnapshot(rehearsal.state));
    expect(leaseNumberOf(state, leaseIdOf(11, first))).toBe(first);
    expect(leaseNumberOf(state, leaseIdOf(12, second))).toBe(second);
    expect(leaseNumberOf(state, leaseIdOf(11, second))).toBeNull();
  });
});

function restore(bytes: Uint8Array): SchedulerState {
  const state = restoreSnapshot(bytes);
  if (!state.ok) throw new Error(state.failure.message);
  return state.value;
}
