import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STAGE_TASKS_MAX, TASK_OUTPUT_BYTES_MAX } from '../domain/limits.ts';
import { fitRowsPerTask, type StageSize } from './task-size.ts';

const size = (of: Partial<StageSize>): StageSize => {
  const bytes = { inputBytesPerRow: 100, outputBytesPerRow: 100 };
  return { rowCount: 10_000, rowsPerTask: null, msPerRow: 1, ...bytes, batch: 1, ...of };
};

describe('fitRowsPerTask', () => {
  it.each<[string, Partial<StageSize>, number]>([
    ['32 tasks to share where rows are middling', { msPerRow: 1 }, 313],
    ['the target of 2 s where rows are slow', { msPerRow: 100 }, 20],
    ['one row where a row takes longer than the target', { msPerRow: 60_000 }, 1],
    ['10 ms of work at least where rows are quick', { msPerRow: 0.001 }, 10_000],
    ['10 ms of work at least where rows are few', { rowCount: 31 }, 10],
    ['one row', { rowCount: 1 }, 1],
    ['whole batches', { msPerRow: 1, batch: 16 }, 304],
    ['one batch where that is already long', { msPerRow: 1000, batch: 16 }, 16],
    ['fewer rows than a batch', { rowCount: 5, batch: 16 }, 5],
    ['what the output limit allows', { outputBytesPerRow: TASK_OUTPUT_BYTES_MAX / 2 }, 2],
    ['one row where its input is above the limit', { inputBytesPerRow: 1e9 }, 1],
    ['what the producer wants', { rowsPerTask: 7 }, 7],
    ['no more than there are', { rowCount: 5, rowsPerTask: 7 }, 5],
    ['as few tasks as are allowed', { rowCount: 3e6, msPerRow: 2000 }, 3],
  ])('%s', (_, of, expected) => {
    expect(fitRowsPerTask(size(of))).toEqual({ ok: true, value: expected });
  });

  it.each<[string, Partial<StageSize>]>([
    ['a row of output above the limit', { outputBytesPerRow: TASK_OUTPUT_BYTES_MAX + 1 }],
    [
      'a wanted size whose output is above it',
      { rowsPerTask: 11, outputBytesPerRow: TASK_OUTPUT_BYTES_MAX / 10 },
    ],
    ['a wanted size that makes too many tasks', { rowCount: STAGE_TASKS_MAX + 1, rowsPerTask: 1 }],
  ])('refuses %s', (_, of) => {
    expect(fitRowsPerTask(size(of))).toMatchObject({ failure: { code: 'limit_exceeded' } });
  });

  it('stays within all limits whatever the sizes', () => {
    const sizes = fc.record({
      rowCount: fc.integer({ min: 1, max: 1e9 }),
      msPerRow: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      inputBytesPerRow: fc.nat(1e9),
      outputBytesPerRow: fc.nat(2e8),
      batch: fc.integer({ min: 1, max: 65_536 }),
    });
    fc.assert(
      fc.property(sizes, (of) => {
        const fitted = fitRowsPerTask(size(of));
        const rows = fitted.ok ? fitted.value : 1;
        expect(fitted.ok || fitted.failure.code === 'limit_exceeded').toBe(true);
        expect(Number.isInteger(rows) && rows >= 1 && rows <= of.rowCount).toBe(true);
        const bytes = fitted.ok ? rows * of.outputBytesPerRow : 0;
        expect(bytes).toBeLessThanOrEqual(TASK_OUTPUT_BYTES_MAX);
        const tasks = fitted.ok ? Math.ceil(of.rowCount / rows) : 1;
        expect(tasks).toBeLessThanOrEqual(STAGE_TASKS_MAX);
      }),
      { numRuns: 1000 },
    );
  });
});
