import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../domain/random.ts';
import { attentionReference, rowScale } from './attention-reference.ts';
import { EXPONENTIALS, EXPONENTIALS_PER_E } from './exponentials.ts';
import { rotateReference } from './rotate-reference.ts';

it('the table holds rounded exponentials', () => {
  const wanted = Array.from({ length: 256 }, (_, index) =>
    Math.round(127 * Math.exp(-index / EXPONENTIALS_PER_E)),
  );
  expect(EXPONENTIALS).toEqual(wanted);
  expect(EXPONENTIALS[255]).toBe(0);
});

describe('attention', () => {
  /** A score step of 1/1000, and attended values in the values' own step. */
  const scales = {
    score: { multiplier: Math.round(0.046 * 2 ** 19), shift: 4 },
    attended: { multiplier: 2 ** 14, shift: 14 },
  };

  it.each([1, 2, 3, 17, 300])('over %i keys is the float one, nearly', (count) => {
    const stream = randomStream(count, 'attention');
    const vector = (size: number, most: number): number[] =>
      Array.from({ length: size }, () => stream.nextBelow(2 * most + 1) - most);
    const query = vector(32, 63);
    const keys = Array.from({ length: count }, () => vector(32, 20));
    const values = Array.from({ length: count }, () => vector(32, 60));
    const found = attentionReference({ query, keys, values, ...scales });
    const weights = keys.map((key) =>
      Math.exp(key.reduce((sum, value, at) => sum + value * (query[at] ?? 0), 0) / 1000),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const wanted = query.map((_, column) =>
      values.reduce(
        (sum, value, index) => sum + ((weights[index] ?? 0) / total) * (value[column] ?? 0),
        64,
      ),
    );
    const errors = wanted.map((value, column) => Math.abs(value - (found[column] ?? NaN)));
    // Half a step, and each weight's error of up to 1.1 % and half of 1/127 of the largest.
    expect(Math.max(...errors)).toBeLessThan(0.5 + 60 * (0.011 + 0.5 / 127) * 2);
  });

  it('gives one key its value, saturated', () => {
    const one = { query: [1, 2], keys: [[3, 4]], values: [[-127, 63]], ...scales };
    expect(attentionReference(one)).toEqual([0, 127]);
  });

  it.each([127, 128, 32_767, 32_768, 127 * 4096])('divides by a sum of %i', (sum) => {
    const { multiplier, shift } = rowScale(sum, scales.attended);
    expect(multiplier).toBeLessThanOrEqual(32_767);
    expect((multiplier / 2 ** (15 + shift)) * sum).toBeCloseTo(1, 3);
  });
});

describe('a rotation', () => {
  const quarter = { cosines: Int16Array.of(0), sines: Int16Array.of(16_384) };
  it.each([
    ['a quarter', [160, 320], 'key', quarter, [-20, 10]],
    [
      'nothing',
      [160, 320],
      'key',
      { cosines: Int16Array.of(16_384), sines: Int16Array.of(0) },
      [10, 20],
    ],
    ['a query to its ends', [32_767, 32_767], 'query', quarter, [-64, 63]],
    ['a key to its ends', [32_767, 32_767], 'key', quarter, [-127, 127]],
  ] as const)('turns by %s', (_, vector, kind, angles, expected) => {
    expect(rotateReference(vector, { kind, ...angles })).toEqual(expected);
  });
});
