import { describe, expect, it } from 'vitest';
import {
  AGENT_SILENT_MS,
  SECOND_OPINION_MS,
  TASK_FIRST_MS,
  TASK_LONG_MS,
  TASK_RUN_MS_MAX,
  TASK_SHARED_MS_MIN,
  TASK_TARGET_MS,
} from '../domain/limits.ts';
import type { StagePlan } from './event.ts';
import { jobView } from './queries.ts';
import {
  deviceWith,
  jobNamed,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  theCheck,
} from './rehearsal.contract.ts';

const ALL = { kind: 'recompute', share: 1 } as const;
const MS_PER_ROW = 10;

/** Rows of 10 ms each on a modest device, cut to each device in grains of five. */
function fitted(rowCount: number, changes: Partial<StagePlan> = {}): StagePlan {
  const cut = { kind: 'fitted', grainRows: 5, rowsMax: 100_000 } as const;
  const plan = stageOf({ rowCount, rowsPerTask: 1 });
  return { ...plan, cut, msPerRow: MS_PER_ROW, ...changes };
}

/** Has an agent compute one task as fast as it is; gives how long that took it, and its rows. */
function compute(rehearsal: Rehearsal, name: string, msPerRow: number) {
  const { lease, rows } = rehearsal.leaseOne(name);
  const count = rows.end - rows.start;
  const computeMs = Math.round(count * msPerRow);
  const results = [{ lease, result: { kind: 'output' }, computeMs }] as const;
  const session = sessionNamed(name);
  rehearsal.judge(theCheck(rehearsal.send({ kind: 'results-reported', session, results })));
  return { rows: count, ms: computeMs };
}

const tasks = (count: number) => Array.from({ length: count });

describe('a fitted task', () => {
  it('takes a phone and a workstation about TASK_TARGET_MS each, from one job', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, fitted(1_000_000), ALL);
    for (const name of ['phone', 'desk']) rehearsal.join(name);
    const phone = tasks(6).map(() => compute(rehearsal, 'phone', 10 * MS_PER_ROW));
    const desk = tasks(6).map(() => compute(rehearsal, 'desk', MS_PER_ROW / 20));
    expect(phone[0]?.rows).toBe(TASK_FIRST_MS / MS_PER_ROW);
    for (const settled of [...phone.slice(3), ...desk.slice(3)]) {
      expect(settled.ms).toBeGreaterThan(2_000);
      expect(settled.ms).toBeLessThanOrEqual(1.1 * TASK_TARGET_MS);
    }
    expect(desk.at(-1)?.rows).toBe(200 * (phone.at(-1)?.rows ?? 0));
  });

  it('is smaller when a device turns out slower', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, fitted(1_000_000), ALL);
    rehearsal.join('ada');
    const quick = tasks(5)
      .map(() => compute(rehearsal, 'ada', MS_PER_ROW))
      .at(-1);
    const slow = tasks(5)
      .map(() => compute(rehearsal, 'ada', 8 * MS_PER_ROW))
      .at(-1);
    expect(quick?.rows).toBe(400);
    expect(slow?.rows).toBeLessThan(60);
  });

  it('is a multiple of the grain, at least one and at most rowsMax', () => {
    const rehearsal = new Rehearsal();
    const cut = { kind: 'fitted', grainRows: 7, rowsMax: 70 } as const;
    rehearsal.submit(0, fitted(1_000_000, { cut }), ALL);
    rehearsal.join('slow');
    rehearsal.join('fast');
    tasks(4).forEach(() => compute(rehearsal, 'slow', 5_000));
    tasks(4).forEach(() => compute(rehearsal, 'fast', 0.01));
    expect(compute(rehearsal, 'slow', 5_000).rows).toBe(7);
    expect(compute(rehearsal, 'fast', 0.01).rows).toBe(70);
  });

  it('has no more rows than the memory of a lane holds', () => {
    const rehearsal = new Rehearsal();
    const requirement = { primitives: ['add'], memoryBytes: 1_000, rowBytes: 100 } as const;
    rehearsal.submit(0, fitted(1_000_000, { requirement }), ALL);
    rehearsal.join('small', deviceWith(['add'], { bytes: 3_000, lanes: 2 }));
    expect(compute(rehearsal, 'small', MS_PER_ROW).rows).toBe(10);
  });

  it('gets smaller towards the end, so that all who are able have a share', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, fitted(400), ALL);
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) rehearsal.join(name);
    const sizes = names.map((name) => compute(rehearsal, name, MS_PER_ROW).rows);
    expect(sizes[0]).toBe(50);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(25);
  });
});

describe('a task at the end of a stage', () => {
  it('is not shorter than TASK_SHARED_MS_MIN, however many would share', () => {
    const rehearsal = new Rehearsal();
    const cut = { kind: 'fitted', grainRows: 1, rowsMax: 100_000 } as const;
    rehearsal.submit(0, fitted(100, { cut }), ALL);
    for (let agent = 0; agent < 100; agent++) rehearsal.join(`${agent}`);
    const { start, end } = rehearsal.leaseOne('0').rows;
    expect((end - start) * MS_PER_ROW).toBe(TASK_SHARED_MS_MIN);
  });
});

describe('a lost task', () => {
  it.each([
    ['stays whole where it takes its next device TASK_LONG_MS', 0, TASK_LONG_MS],
    ['is cut where it would take it any longer', 1, TASK_TARGET_MS],
  ])('%s', (_, moreRows, takesMs) => {
    const rehearsal = new Rehearsal();
    const rowsMax = TASK_LONG_MS / MS_PER_ROW + moreRows;
    const cut = { kind: 'fitted', grainRows: 1, rowsMax } as const;
    rehearsal.submit(0, fitted(1_000_000, { cut }), ALL);
    for (const name of ['phone', 'desk']) rehearsal.join(name);
    compute(rehearsal, 'phone', MS_PER_ROW);
    compute(rehearsal, 'desk', MS_PER_ROW / 100);
    const lost = rehearsal.leaseOne('desk').rows;
    expect(lost.end - lost.start).toBe(rowsMax);
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('desk') });
    const { start, end } = rehearsal.leaseOne('phone').rows;
    expect(start).toBe(lost.start);
    expect((end - start) * MS_PER_ROW).toBe(takesMs);
  });

  it('is cut to the size of a slower device, and the rest is fresh again', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(0, fitted(4_000), ALL);
    rehearsal.join('phone');
    tasks(5).forEach(() => compute(rehearsal, 'phone', 20 * MS_PER_ROW));
    rehearsal.join('desk');
    tasks(3).forEach(() => compute(rehearsal, 'desk', MS_PER_ROW / 4));
    const lost = rehearsal.leaseOne('desk');
    expect(lost.rows.end - lost.rows.start).toBeGreaterThan(500);
    rehearsal.after(AGENT_SILENT_MS / 2).beat('phone');
    rehearsal.after(AGENT_SILENT_MS / 2).tick();
    const again = rehearsal.leaseOne('phone');
    expect(again.rows.start).toBe(lost.rows.start);
    expect(again.rows.end).toBeLessThan(lost.rows.start + 50);
    expect(jobView(rehearsal.state, jobNamed(0))?.rowsAccepted).toBeGreaterThan(0);
  });

  it('that needs a second opinion stays whole, and is left to a faster device for a time', () => {
    const rehearsal = new Rehearsal();
    rehearsal.submit(1, fitted(10_000), ALL);
    for (const name of ['phone', 'desk']) rehearsal.join(name);
    tasks(4).forEach(() => compute(rehearsal, 'phone', 100 * MS_PER_ROW));
    rehearsal.send({ kind: 'job-canceled', job: jobNamed(1) });
    rehearsal.submit(0, fitted(100), { kind: 'twice' });
    const first = rehearsal.leaseOne('desk');
    expect(only('checks-requested', rehearsal.report('desk', first.lease))).toEqual([]);
    const { rows } = rehearsal.leaseOne('phone');
    expect(rows.start).toBe(first.rows.end);
    for (let waitedMs = 0; waitedMs < TASK_RUN_MS_MAX; waitedMs += SECOND_OPINION_MS) {
      rehearsal.after(SECOND_OPINION_MS);
      for (const name of ['phone', 'desk']) rehearsal.beat(name);
    }
    expect(rehearsal.leaseOne('phone').rows).toEqual(first.rows);
  });
});
