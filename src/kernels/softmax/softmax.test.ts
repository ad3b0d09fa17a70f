import { describe, expect, it } from 'vitest';
import { float32Tensor } from '../operator-case.ts';
import { float32View } from '../tensor-view.ts';
import { softmaxReference } from './softmax-reference.ts';
import { softmaxTolerance } from './softmax-tolerance.ts';

function sharesOf(row: readonly number[]): number[] {
  return [...float32View(softmaxReference([float32Tensor([1, row.length], row)]))];
}

describe('softmaxReference', () => {
  it.each([
    { row: [0, 0, 0, 0], shares: [0.25, 0.25, 0.25, 0.25] },
    { row: [Math.log(1), Math.log(3)], shares: [0.25, 0.75] },
    { row: [3e38, 3e38, -3e38], shares: [0.5, 0.5, 0] },
    { row: [1, -Infinity, 1], shares: [0.5, 0, 0.5] },
    { row: [-Infinity, -Infinity], shares: [NaN, NaN] },
    { row: [1, Infinity], shares: [NaN, NaN] },
    { row: [1, NaN], shares: [NaN, NaN] },
  ])('of $row is $shares', ({ row, shares }) => {
    expect(sharesOf(row).map((share) => Math.round(share * 1e6) / 1e6)).toEqual(shares);
  });
});

describe('softmaxTolerance', () => {
  it('grows with the depth of the sum, to some hundred units at most', () => {
    const of = (columns: number) => {
      return softmaxTolerance([float32Tensor([1, columns], [])], []).relative;
    };
    expect(of(64)).toBeLessThan(of(256));
    expect(of(256)).toBeLessThan(of(50_000));
    expect(of(50_000)).toBeLessThan(3e-5);
  });
});
