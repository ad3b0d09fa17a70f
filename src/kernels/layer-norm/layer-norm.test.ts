import { describe, expect, it } from 'vitest';
import { float32Tensor } from '../operator-case.ts';
import { float32View } from '../tensor-view.ts';
import { layerNormReference } from './layer-norm-reference.ts';
import { layerNormTolerance } from './layer-norm-tolerance.ts';

const ONES = float32Tensor([4], [1, 1, 1, 1]);

function normOf(row: readonly number[], by: { gain?: number[]; bias?: number[] } = {}): number[] {
  const shape = [row.length];
  const gain = float32Tensor(shape, by.gain ?? row.map(() => 1));
  const bias = float32Tensor(shape, by.bias ?? row.map(() => 0));
  const result = layerNormReference([float32Tensor([1, row.length], row), gain, bias]);
  return [...float32View(result)].map((x) => Math.round(x * 1e4) / 1e4);
}

describe('layerNormReference', () => {
  it('takes off the mean, and divides by the root of the variance over n', () => {
    expect(normOf([1, 3])).toEqual([-1, 1]);
    expect(normOf([1, 3], { gain: [2, 3], bias: [10, 20] })).toEqual([8, 23]);
  });

  it('gives the bias where all numbers are equal, or only one', () => {
    expect(normOf([7, 7, 7], { bias: [1, 2, 3] })).toEqual([1, 2, 3]);
    expect(normOf([7], { bias: [4] })).toEqual([4]);
  });

  it.each([NaN, Infinity, -Infinity])('gives NaN for a row with %d', (special) => {
    expect(normOf([1, special, 2])).toEqual([NaN, NaN, NaN]);
  });
});

describe('layerNormTolerance', () => {
  const of = (row: number[]) => layerNormTolerance([float32Tensor([1, 4], row), ONES, ONES], []);

  it('grows with how far a row is from zero, measured by how far its numbers are apart', () => {
    expect(of([1, 2, 3, 4]).absolute).toBeLessThan(1e-5);
    expect(of([1_001, 1_002, 1_003, 1_004]).absolute).toBeGreaterThan(1e-4);
    expect(of([1_001, 1_002, 1_003, 1_004]).absolute).toBeLessThan(1e-2);
  });

  it('bounds nothing where squares overflow, or where inputs carry errors', () => {
    expect(of([1e18, 0, 0, 0]).absolute).toBeLessThan(1e-4);
    expect(of([2e19, 0, 0, 0]).absolute).toBe(Infinity);
    const x = float32Tensor([1, 4], [1, 2, 3, 4]);
    expect(layerNormTolerance([x, ONES, ONES], [1e-9, 0, 0]).absolute).toBe(Infinity);
  });
});
