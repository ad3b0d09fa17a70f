import { describe, expect, it } from 'vitest';
import type { CheckingPolicy } from '../domain/checking.ts';
import { HEDGE_MS_MIN, HEDGED_SHARE_MAX, LEASES_PER_CALL_MAX } from '../domain/limits.ts';
import type { GrantedLease } from './effect.ts';
import { Rehearsal, sessionNamed, stageOf, theCheck } from './rehearsal.contract.ts';

const ALL = { kind: 'recompute', share: 1 } as const;
const FRONT = 100;

type Late = { readonly rehearsal: Rehearsal; readonly straggler: GrantedLease };

/**
 * Agents with an accepted result of a thousand rows, which took each the times told as long as was
 * planned; and a job, where rows of one are asked for.
 */
function network(
  slowness: Readonly<Record<string, number>>,
  job?: { readonly rowCount: number; readonly checking?: CheckingPolicy },
): Rehearsal {
  const rehearsal = new Rehearsal();
  const names = Object.keys(slowness);
  rehearsal.submit(1, stageOf({ rowCount: 1_000 * names.length, rowsPerTask: 1_000 }), ALL);
  for (const [name, times] of Object.entries(slowness)) {
    rehearsal.join(name);
    const session = sessionNamed(name);
    const { lease } = rehearsal.leaseOne(name);
    const results = [{ lease, result: { kind: 'output' }, computeMs: 1_000 * times }] as const;
    rehearsal.judge(theCheck(rehearsal.send({ kind: 'results-reported', session, results })));
  }
  if (job === undefined) return rehearsal;
  const plan = stageOf({ rowCount: job.rowCount, rowsPerTask: 1 });
  rehearsal.submit(0, plan, job.checking ?? ALL);
  return rehearsal;
}

function leaseMany(rehearsal: Rehearsal, name: string, count: number): GrantedLease[] {
  const leases: GrantedLease[] = [];
  while (leases.length < count) {
    leases.push(...rehearsal.lease(name, Math.min(LEASES_PER_CALL_MAX, count - leases.length)));
  }
  return leases;
}

/** What stands in front of a straggler: tasks of its job that were leased before, or other jobs. */
const FRONTS: Readonly<Record<string, () => Late>> = {
  nothing() {
    const rehearsal = network({ slow: 1, idle: 1 }, { rowCount: 1 });
    return { rehearsal, straggler: rehearsal.leaseOne('slow') };
  },

  'tasks that are being checked'() {
    const rehearsal = network({ quick: 1, slow: 1, idle: 1 }, { rowCount: FRONT + 1 });
    const front = leaseMany(rehearsal, 'quick', FRONT);
    const straggler = rehearsal.leaseOne('slow');
    for (const { lease } of front) rehearsal.report('quick', lease);
    return { rehearsal, straggler };
  },

  'tasks that others have besides'() {
    const rowCount = (FRONT + 1) / HEDGED_SHARE_MAX;
    const rehearsal = network({ quick: 1, slow: 1, idle: 1 }, { rowCount });
    for (let done = FRONT + 1; done < rowCount; done++) rehearsal.prove('quick');
    const leases = leaseMany(rehearsal, 'slow', FRONT + 1);
    rehearsal.after(HEDGE_MS_MIN);
    for (let hedged = 0; hedged < FRONT; hedged++) rehearsal.leaseOne('quick');
    return { rehearsal, straggler: leases[FRONT]! };
  },

  'its own tasks'() {
    const rehearsal = network({ slow: 1, idle: 1 }, { rowCount: FRONT + 1 });
    leaseMany(rehearsal, 'idle', FRONT);
    return { rehearsal, straggler: rehearsal.leaseOne('slow') };
  },

  'second opinions on its own results'() {
    const checking = { kind: 'twice' } as const;
    const rehearsal = network({ slow: 1, idle: 1 }, { rowCount: FRONT + 1, checking });
    for (const { lease } of leaseMany(rehearsal, 'idle', FRONT)) rehearsal.report('idle', lease);
    const leases = leaseMany(rehearsal, 'slow', FRONT + 1);
    return { rehearsal, straggler: leases[FRONT]! };
  },

  'jobs whose last tasks are its own'() {
    const rehearsal = network({ slow: 1, idle: 1 });
    for (let job = 0; job < FRONT; job++) {
      rehearsal.submit(2 + job, stageOf({ rowCount: 1, rowsPerTask: 1 }), ALL);
      rehearsal.leaseOne('idle');
    }
    rehearsal.submit(0, stageOf({ rowCount: 1, rowsPerTask: 1 }), ALL);
    return { rehearsal, straggler: rehearsal.leaseOne('slow') };
  },

  'jobs that may have no more tasks computed once more'() {
    const rehearsal = network({ quick: 1, slow: 1, idle: 1 });
    for (let job = 0; job < FRONT; job++) {
      rehearsal.submit(2 + job, stageOf({ rowCount: 2, rowsPerTask: 1 }), ALL);
      rehearsal.lease('slow', 2);
    }
    rehearsal.after(HEDGE_MS_MIN);
    for (let job = 0; job < FRONT; job++) rehearsal.leaseOne('quick');
    rehearsal.submit(0, stageOf({ rowCount: 1, rowsPerTask: 1 }), ALL);
    return { rehearsal, straggler: rehearsal.leaseOne('slow') };
  },

  'tasks that would take it too long'() {
    const rehearsal = network({ quick: 1e-3, slow: 100, idle: 100 });
    const cut = { kind: 'fitted', grainRows: 1, rowsMax: 4_000 } as const;
    const rowCount = FRONT * cut.rowsMax + 10;
    rehearsal.submit(0, { ...stageOf({ rowCount, rowsPerTask: 1 }), cut }, ALL);
    leaseMany(rehearsal, 'quick', FRONT);
    const [straggler] = rehearsal.lease('slow', LEASES_PER_CALL_MAX);
    return { rehearsal, straggler: straggler! };
  },
};

describe('a straggler', () => {
  it.each(Object.keys(FRONTS))('is found behind %s', (front) => {
    const { rehearsal, straggler } = FRONTS[front]!();
    const found = rehearsal.after(2 * HEDGE_MS_MIN).leaseOne('idle');
    const { job, rows } = straggler;
    expect(found).toMatchObject({ job, rows });
  });
});
