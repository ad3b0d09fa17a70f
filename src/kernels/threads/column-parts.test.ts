import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnParts } from './column-parts.ts';

describe('columnParts', () => {
  it.each([
    [1024, 2, 0, [512, 1024]],
    [1024, 2, 0.1, [464, 1024]],
    [1024, 4, 0, [256, 512, 768, 1024]],
    [33, 2, 0, [32, 33]],
    [17, 2, 0, [16, 17]],
    [16, 2, 0, [16]],
    [15, 4, 0, [15]],
    [40, 8, 0.1, [16, 32, 40]],
    [1024, 2, 3, [16, 1024]],
  ])('cuts %i columns for %i threads, own work %f, at %j', (columns, count, ownWork, ends) => {
    expect(columnParts(columns, { count, ownWork }).map(({ end }) => end)).toEqual(ends);
  });

  it('leaves no column out, and cuts between panels only', () => {
    const counts = fc.integer({ min: 1, max: 64 });
    const columns = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(
        columns,
        counts,
        fc.double({ min: 0, max: 2, noNaN: true }),
        (n, count, ownWork) => {
          const parts = columnParts(n, { count, ownWork });
          expect(parts.length).toBeLessThanOrEqual(count);
          let next = 0;
          for (const { start, end } of parts) {
            expect(start).toBe(next);
            expect(start % 16).toBe(0);
            expect(end).toBeGreaterThan(start);
            next = end;
          }
          expect(next).toBe(n);
        },
      ),
    );
  });
});
