import fc from 'fast-check';
import { assert, describe, expect, it } from 'vitest';
import { STAGE_TASKS_MAX, TASK_OUTPUT_BYTES_MAX } from '../domain/limits.ts';
import { cutRows, type StageSize } from './row-cut.ts';

const size = (of: Partial<StageSize>): StageSize => {
  const bytes = { inputBytesPerRow: 100, outputBytesPerRow: 100 };
  return { rowCount: 10_000, rowsPerTask: null, msPerRow: 1, ...bytes, batch: 1, ...of };
};

const fitted = (grainRows: number, rowsMax: number) => ({ kind: 'fitted', grainRows, rowsMax });
const fixed = (rowsPerTask: number) => ({ kind: 'fixed', rowsPerTask });

describe('cutRows', () => {
  it.each<[string, Partial<StageSize>, object]>([
    ['grains of 10 ms', { msPerRow: 1 }, fitted(10, 10_000)],
    ['grains of one row where rows are slow', { msPerRow: 100 }, fitted(1, 10_000)],
    ['one grain where rows are quick', { msPerRow: 0.001 }, fitted(10_000, 10_000)],
    ['whole grains only', { rowCount: 31 }, fitted(10, 30)],
    ['one row', { rowCount: 1 }, fitted(1, 1)],
    ['whole batches', { msPerRow: 1, batch: 16 }, fitted(16, 10_000)],
    ['one batch where that is already long', { msPerRow: 1000, batch: 16 }, fitted(16, 10_000)],
    ['fewer rows than a batch', { rowCount: 5, batch: 16 }, fitted(5, 5)],
    [
      'what the output limit allows',
      { outputBytesPerRow: TASK_OUTPUT_BYTES_MAX / 2 },
      fitted(2, 2),
    ],
    ['one row where its input is above the limit', { inputBytesPerRow: 1e9 }, fitted(1, 1)],
    ['what the producer wants', { rowsPerTask: 7 }, fixed(7)],
    ['no more than there are', { rowCount: 5, rowsPerTask: 7 }, fixed(5)],
    ['as few tasks as are allowed', { rowCount: 3e6, msPerRow: 2000 }, fitted(3, 671_088)],
  ])('gives %s', (_, of, expected) => {
    expect(cutRows(size(of))).toEqual({ ok: true, value: expected });
  });

  it.each<[string, Partial<StageSize>]>([
    ['a row of output above the limit', { outputBytesPerRow: TASK_OUTPUT_BYTES_MAX + 1 }],
    [
      'a wanted size whose output is above it',
      { rowsPerTask: 11, outputBytesPerRow: TASK_OUTPUT_BYTES_MAX / 10 },
    ],
    ['a wanted size that makes too many tasks', { rowCount: STAGE_TASKS_MAX + 1, rowsPerTask: 1 }],
  ])('refuses %s', (_, of) => {
    expect(cutRows(size(of))).toMatchObject({ failure: { code: 'limit_exceeded' } });
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
        const cut = cutRows(size(of));
        expect(cut.ok || cut.failure.code === 'limit_exceeded').toBe(true);
        if (!cut.ok) return;
        assert(cut.value.kind === 'fitted');
        const { grainRows, rowsMax } = cut.value;
        expect(Number.isInteger(grainRows) && grainRows >= 1).toBe(true);
        expect(rowsMax % grainRows).toBe(0);
        expect(rowsMax).toBeLessThanOrEqual(of.rowCount);
        expect(rowsMax * of.outputBytesPerRow).toBeLessThanOrEqual(TASK_OUTPUT_BYTES_MAX);
        expect(Math.ceil(of.rowCount / grainRows)).toBeLessThanOrEqual(STAGE_TASKS_MAX);
      }),
      { numRuns: 1000 },
    );
  });
});
