import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../domain/random.ts';
import { drawRows } from './draw-rows.ts';

const random = (seed: number) => randomStream(seed, 'draw');

describe('drawRows', () => {
  it.each([
    [1, 0.001, 1],
    [10, 0.001, 1],
    [10, 0.1, 1],
    [10, 0.11, 2],
    [10, 0.999, 10],
    [10, 1, 10],
    [1000, 0.25, 250],
  ])('draws of %i rows the share %d: %i rows', (count, share, expected) => {
    const drawn = drawRows({ rows: { start: 0, end: count }, share, random: random(1) });
    expect(drawn.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(expected);
  });

  it('gives ascending ranges within the rows that do not touch', () => {
    const shares = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 60 }), shares, fc.nat(), (...of) => {
        const [start, count, share, seed] = of;
        const drawn = drawRows({
          rows: { start, end: start + count },
          share,
          random: random(seed),
        });
        const edges = drawn.flatMap((range) => [range.start, range.end]);
        expect(edges).toEqual([...new Set(edges)].toSorted((a, b) => a - b));
        expect(edges[0]).toBeGreaterThanOrEqual(start);
        expect(edges.at(-1)).toBeLessThanOrEqual(start + count);
      }),
    );
  });

  it('draws every row about equally often', () => {
    const hits = Array.from({ length: 20 }, () => 0);
    for (let seed = 0; seed < 4000; seed++) {
      const drawn = drawRows({ rows: { start: 0, end: 20 }, share: 0.2, random: random(seed) });
      for (const { start, end } of drawn) {
        for (let row = start; row < end; row++) hits[row] = (hits[row] ?? 0) + 1;
      }
    }
    // 4000 draws of 4 out of 20: 800 expected, standard deviation 25.
    for (const count of hits) expect(Math.abs(count - 800)).toBeLessThan(150);
  });

  it('draws the same rows for the same seed, and others for another', () => {
    const draw = (seed: number) =>
      drawRows({ rows: { start: 0, end: 1000 }, share: 0.05, random: random(seed) });
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });
});
