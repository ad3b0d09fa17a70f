import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobId } from '../../domain/ids.ts';
import { assertTiled } from './claim.ts';
import { ClaimBook, type FinishedClaim } from './claim-book.ts';
import { wardSettlements } from './ward-settlements.ts';

const JOB = 'job_a' as JobId;

function claim(start: number, end: number, of: { stageId?: number; stage?: number } = {}) {
  const { stageId = 7, stage = 0 } = of;
  return { job: JOB, stage, stageId, rows: { start, end } };
}

function task(start: number, end: number, lease = start, stage = 0) {
  return { job: JOB, stage, rows: { start, end }, lease };
}

describe('a book of claims', () => {
  it('tells of a claim when its last rows are accepted, in whatever order', () => {
    const book = new ClaimBook();
    book.add(claim(10, 20));
    book.add(claim(0, 10));
    expect(book.accept(task(14, 20))).toBeNull();
    expect(book.accept(task(0, 9))).toBeNull();
    expect(book.accept(task(10, 14))).toMatchObject({
      rows: { start: 10, end: 20 },
      results: [
        { lease: 10, rows: { start: 10, end: 14 } },
        { lease: 14, rows: { start: 14, end: 20 } },
      ],
    });
    expect(book.claims()).toHaveLength(1);
    expect(book.accept(task(9, 10))).toMatchObject({ rows: { start: 0, end: 10 } });
    expect(book.claims()).toEqual([]);
  });

  it('knows nothing of rows that are not claimed, of a former stage, or of a job that is over', () => {
    const book = new ClaimBook();
    expect(book.accept(task(0, 10))).toBeNull();
    book.add(claim(0, 10));
    book.add(claim(0, 5, { stageId: 8, stage: 1 }));
    expect(book.accept(task(0, 5, 0, 0))).toBeNull();
    expect(book.claims()).toHaveLength(1);
    book.drop(JOB);
    expect(book.accept(task(0, 5, 0, 1))).toBeNull();
    expect(book.claims()).toEqual([]);
  });

  it('refuses a row that is accepted twice', () => {
    const book = new ClaimBook();
    book.add(claim(0, 10));
    book.accept(task(0, 6));
    expect(() => book.accept(task(4, 10))).toThrow('a row is accepted once');
  });

  it('splits claims of which rows are given up, and finishes what stays', () => {
    const book = new ClaimBook();
    for (const start of [0, 10, 20, 30]) book.add(claim(start, start + 10));
    book.accept(task(2, 4));
    book.accept(task(0, 2));
    // Of the first: 4 to 6 and 8 to 10; all of the second; nothing of the last.
    const rows = [
      { start: 4, end: 6 },
      { start: 8, end: 22 },
    ];
    expect(book.release({ job: JOB, stage: 1, rows })).toEqual([]);
    const stageId = 7;
    expect(book.release({ job: JOB, stage: 0, rows })).toEqual([
      {
        stageId,
        rows: { start: 0, end: 10 },
        accepted: [
          { lease: 0, rows: { start: 0, end: 2 } },
          { lease: 2, rows: { start: 2, end: 4 } },
        ],
        kept: [{ start: 6, end: 8 }],
      },
      { stageId, rows: { start: 10, end: 20 }, accepted: [], kept: [] },
      { stageId, rows: { start: 20, end: 30 }, accepted: [], kept: [{ start: 22, end: 30 }] },
    ]);
    expect(book.claims().map((one) => one.rows.start)).toEqual([6, 22, 30]);
    expect(book.accept(task(6, 8))).toMatchObject({ rows: { start: 6, end: 8 } });
    expect(book.accept(task(22, 30))).toMatchObject({ rows: { start: 22, end: 30 } });
    expect(book.accept(task(30, 40))).toMatchObject({ rows: { start: 30, end: 40 } });
  });

  it('finishes every claim once, with results that tile it', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (all, cut, order) => {
          const book = new ClaimBook();
          const tasks: ReturnType<typeof task>[] = [];
          let start = 0;
          for (const size of all) {
            book.add(claim(start, start + size));
            for (let at = 0; at < size; at += cut) {
              tasks.push(task(start + at, start + Math.min(size, at + cut)));
            }
            start += size;
          }
          const finished: FinishedClaim[] = [];
          while (tasks.length > 0) {
            const [next] = tasks.splice((order.next().value ?? 0) % tasks.length, 1);
            const end = next === undefined ? null : book.accept(next);
            if (end !== null) finished.push(end);
          }
          for (const { rows, results } of finished) assertTiled(rows, results);
          expect(finished.length).toBe(all.length);
          expect(book.claims()).toEqual([]);
        },
      ),
    );
  });
});

describe('what becomes of the claims of a dead member', () => {
  const results = [task(0, 4), task(10, 20)].map(({ lease, rows }) => ({ lease, rows }));
  const rows = {
    stage: 0,
    accepted: results,
    unjudged: [
      { start: 4, end: 6 },
      { start: 30, end: 40 },
    ],
  };
  const held = [claim(0, 10), claim(10, 20), claim(20, 30), claim(30, 40)];

  it('is told by its log, and a claim that only waits for verdicts waits on', () => {
    expect(wardSettlements(held, () => rows)).toEqual([
      {
        stageId: 7,
        rows: { start: 0, end: 10 },
        accepted: [results[0]],
        kept: [{ start: 4, end: 6 }],
      },
      { stageId: 7, rows: { start: 10, end: 20 }, accepted: [results[1]], kept: [] },
      { stageId: 7, rows: { start: 20, end: 30 }, accepted: [], kept: [] },
    ]);
  });

  it.each([
    { of: 'a job that its log does not know', known: null },
    { of: 'a job that its log has at another stage', known: { ...rows, stage: 1 } },
  ])('of $of: they are open again', ({ known }) => {
    const fates = wardSettlements(held, () => known);
    expect(fates.map(({ accepted, kept }) => [accepted, kept])).toEqual(held.map(() => [[], []]));
  });
});
