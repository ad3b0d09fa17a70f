import { describe, expect, it } from 'vitest';
import { float32Tensor } from '../operator-case.ts';
import { float32View } from '../tensor-view.ts';
import { rmsNormReference } from './rms-norm-reference.ts';
import { rmsNormTolerance } from './rms-norm-tolerance.ts';

function normOf(row: readonly number[], gain: readonly number[]): number[] {
  const inputs = [float32Tensor([1, row.length], row), float32Tensor([row.length], gain)];
  return [...float32View(rmsNormReference(inputs))].map((x) => Math.round(x * 1e4) / 1e4);
}

describe('rmsNormReference', () => {
  it('divides by the root of the mean of squares, and keeps the mean', () => {
    expect(normOf([1, 7], [1, 1])).toEqual([0.2, 1.4]);
    expect(normOf([1, 7], [5, 10])).toEqual([1, 14]);
    expect(normOf([0, 0], [5, 10])).toEqual([0, 0]);
  });

  it.each([NaN, Infinity, -Infinity])('gives NaN for a row with %d', (special) => {
    expect(normOf([1, special], [1, 1])).toEqual([NaN, NaN]);
  });
});

describe('rmsNormTolerance', () => {
  const gain = float32Tensor([2], [1, 1]);
  const of = (row: number[]) => rmsNormTolerance([float32Tensor([1, 2], row), gain], []);

  it('is some units in the last place, up to where squares overflow', () => {
    expect(of([1e-3, 1e18]).relative).toBeLessThan(2 ** -20);
    expect(of([1e-3, 1e18]).absolute).toBeLessThan(1e-30);
    expect(of([1e-3, 2e19]).absolute).toBe(Infinity);
  });
});
