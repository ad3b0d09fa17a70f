import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitLength, integerRoot, requantize, roundShift } from './fixed-point.ts';

/** floor(numerator / 2^bits + 1/2), in numbers of any length. */
function rounded(numerator: bigint, bits: number): number {
  return Number((numerator + (1n << BigInt(bits - 1))) >> BigInt(bits));
}

const SUM = fc.integer({ min: -(2 ** 30) + 1, max: 2 ** 30 - 1 });

describe('requantize', () => {
  it('is the exactly rounded quotient', () => {
    fc.assert(
      fc.property(
        SUM,
        fc.integer({ min: 0, max: 32_767 }),
        fc.integer({ min: 1, max: 31 }),
        (sum, multiplier, shift) => {
          const exact = rounded(BigInt(sum) * BigInt(multiplier), 15 + shift);
          expect(requantize(sum, { multiplier, shift })).toBe(exact);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['a half, up', 3, { multiplier: 16_384, shift: 1 }, 1],
    ['just below a half, down', 32_767, { multiplier: 1, shift: 1 }, 0],
    ['a half itself', 32_768, { multiplier: 1, shift: 1 }, 1],
    ['a negative half, up', -32_768, { multiplier: 1, shift: 1 }, 0],
    ['just below a negative half, down', -32_769, { multiplier: 1, shift: 1 }, -1],
    ['the largest', 2 ** 30 - 1, { multiplier: 32_767, shift: 1 }, 536_854_528],
    ['the smallest', -(2 ** 30) + 1, { multiplier: 32_767, shift: 1 }, -536_854_528],
    ['nothing of the largest', 2 ** 30 - 1, { multiplier: 32_767, shift: 31 }, 0],
  ])('rounds %s', (_, sum, scale, expected) => {
    expect(requantize(sum, scale)).toBe(expected);
  });
});

describe('roundShift', () => {
  it.each([
    [5, 0, 5],
    [5, 1, 3],
    [-5, 1, -2],
    [-6, 2, -1],
    [2 ** 30, 30, 1],
    [2 ** 30 - 1, 31, 0],
  ])('%i by %i bits is %i', (value, shift, expected) => {
    expect(roundShift(value, shift)).toBe(expected);
  });
});

describe('integerRoot', () => {
  it('is the floor of the root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (value) => {
        const root = integerRoot(value);
        expect(root ** 2).toBeLessThanOrEqual(value);
        expect((root + 1) ** 2).toBeGreaterThan(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([0, 1, 2, 3, 4, 181, 46_339])('has both sides of %i squared', (root) => {
    expect(integerRoot(root ** 2)).toBe(root);
    expect(integerRoot((root + 1) ** 2 - 1)).toBe(root);
  });
});

it('bitLength counts bits', () => {
  const lengths = [0, 1, 2, 3, 4, 2 ** 30 - 1, 2 ** 30, 2 ** 31].map(bitLength);
  expect(lengths).toEqual([0, 1, 2, 2, 3, 30, 31, 32]);
});
