import { describe, expect, it } from 'vitest';
import {
  AGENT_SILENT_MS,
  ENDS_PER_TICK_MAX,
  LEASE_MS,
  NEW_KEY_LEASES_MAX,
  SECOND_OPINION_MS,
} from '../domain/limits.ts';
import { jobView, nextDueAtMs } from './queries.ts';
import { checksIn, jobNamed, only, Rehearsal, stageOf } from './rehearsal.contract.ts';

const COUNT = ENDS_PER_TICK_MAX + 1;
const NAMES = Array.from({ length: Math.ceil(COUNT / NEW_KEY_LEASES_MAX) }, (_, name) => `${name}`);

/** What comes due, ENDS_PER_TICK_MAX and one more: gives how many a tick ended. */
const DUE: Readonly<Record<string, (rehearsal: Rehearsal) => () => number>> = {
  sessions(rehearsal) {
    for (let agent = 0; agent < COUNT; agent++) rehearsal.join(`${agent}`);
    rehearsal.after(AGENT_SILENT_MS);
    return () => only('session-ended', rehearsal.tick()).length;
  },

  leases(rehearsal) {
    leaseAll(rehearsal, 'recompute');
    for (const ms of [LEASE_MS / 2, LEASE_MS / 2]) {
      rehearsal.after(ms);
      for (const name of NAMES) rehearsal.beat(name);
    }
    const leased = () => jobView(rehearsal.state, jobNamed(0))?.tasksLeased ?? 0;
    return () => {
      const before = leased();
      rehearsal.tick();
      return before - leased();
    };
  },

  jobs(rehearsal) {
    const [plan, deadlineAtMs] = [stageOf({ rowCount: 1, rowsPerTask: 1 }), rehearsal.atMs + 1_000];
    for (let job = 0; job < COUNT; job++) {
      rehearsal.submit(job, plan, { kind: 'recompute', share: 1 }, { deadlineAtMs });
    }
    rehearsal.after(1_000);
    return () => only('job-ended', rehearsal.tick()).length;
  },

  'waits for a second opinion'(rehearsal) {
    for (const [name, lease] of leaseAll(rehearsal, 'auto')) rehearsal.report(name, lease);
    rehearsal.after(SECOND_OPINION_MS);
    return () => checksIn(rehearsal.tick()).length;
  },
};

function leaseAll(rehearsal: Rehearsal, kind: 'recompute' | 'auto') {
  const checking = kind === 'auto' ? { kind } : { kind, share: 1 };
  rehearsal.submit(0, stageOf({ rowCount: COUNT, rowsPerTask: 1 }), checking);
  return NAMES.flatMap((name) => {
    rehearsal.join(name);
    return rehearsal.lease(name, NEW_KEY_LEASES_MAX).map(({ lease }) => [name, lease] as const);
  });
}

describe('one tick', () => {
  it.each(Object.keys(DUE))('ends ENDS_PER_TICK_MAX %s, and the next the rest', (what) => {
    const rehearsal = new Rehearsal();
    const end = DUE[what]!(rehearsal);
    expect(end()).toBe(ENDS_PER_TICK_MAX);
    expect(nextDueAtMs(rehearsal.state)).toBeLessThanOrEqual(rehearsal.atMs);
    expect(end()).toBe(1);
    expect(nextDueAtMs(rehearsal.state) ?? Infinity).toBeGreaterThan(rehearsal.atMs);
  });
});
