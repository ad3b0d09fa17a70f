import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../domain/random.ts';
import { RESIDUAL_MAX } from '../gpt/gpt.ts';
import { normReference } from './norm-reference.ts';

/** Gains of one tenth a step, for a width that is a power of two. */
function gainsOf(width: number): { gains: Int32Array; shift: number } {
  return { gains: new Int32Array(width).fill(10 * 2 ** 10), shift: 24 };
}

function floatNorm(row: Int32Array): number[] {
  const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length;
  return Array.from(row, (value) =>
    Math.max(0, Math.min(127, 64 + (10 * value) / Math.sqrt(mean))),
  );
}

describe('the norm', () => {
  it.each([
    [16, 3],
    [64, 100],
    [64, 16_383],
    [64, 16_384],
    [64, 32_768],
    [1024, 1_000_000],
    [8192, RESIDUAL_MAX],
  ])('of width %i up to %i is the float one, rounded', (width, largest) => {
    const stream = randomStream(width, 'norm');
    const row = Int32Array.from(
      { length: width },
      () => stream.nextBelow(2 * largest + 1) - largest,
    );
    const found = normReference(row, gainsOf(width));
    const errors = floatNorm(row).map((wanted, index) => Math.abs(wanted - (found[index] ?? NaN)));
    // A half for rounding, and 2^-13 of at most 63 for the root, reciprocal and scaled row.
    expect(Math.max(...errors)).toBeLessThan(0.5 + 63 * 2 ** -13 + 2 ** -9);
  });

  it.each([
    ['zeros', () => 0, 64, 64],
    ['the largest', () => RESIDUAL_MAX, 74, 74],
    ['the smallest', () => -RESIDUAL_MAX, 54, 54],
    ['one spike', (index: number) => (index === 0 ? RESIDUAL_MAX : 0), 127, 64],
    ['one negative spike', (index: number) => (index === 0 ? -1 : 0), 0, 64],
  ])('of %s saturates where it must', (_, value, first, second) => {
    const row = Int32Array.from({ length: 256 }, (__, index) => value(index));
    const found = normReference(row, gainsOf(256));
    expect([found[0], found[1]]).toEqual([first, second]);
  });
});
