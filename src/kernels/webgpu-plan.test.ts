import { describe, expect, it } from 'vitest';
import { GPU_SUBMISSION_PRODUCTS_MAX } from '../domain/limits.ts';
import { UNARY } from './unary/unary.ts';
import { planOf } from './webgpu-plan.ts';

const GROUPS_MAX = 65_535;

function productPlan(m: number, k: number, n: number) {
  const inputs = [
    { dtype: 'float32' as const, shape: [m, k] },
    { dtype: 'float32' as const, shape: [k, n] },
  ];
  return planOf({ operator: 'matmul', inputs }, { packedDot: true, products: null });
}

describe('planOf', () => {
  it.each([
    [1, 1, 1],
    [64, 64, 64],
    [65, 1, 64],
    [1024, 1024, 1024],
    [2048, 2048, 2048],
    [3, 20_000, 20_000],
    [100_000, 3, 5],
    [1, 1, 5_000_000],
    [5_000_000, 1, 1],
  ])('covers every tile of %i x %i x %i once, in bounded submissions', (m, k, n) => {
    const across = Math.ceil(n / 64);
    const seen = new Uint8Array(Math.ceil(m / 64) * across);
    let largest = 0;
    for (const { sizes, workgroups } of productPlan(m, k, n).steps) {
      const [width, height] = workgroups;
      expect(Math.max(width, height)).toBeLessThanOrEqual(GROUPS_MAX);
      largest = Math.max(largest, width * height);
      for (let tile = 0; tile < width * height; tile++) {
        const row = (sizes[3] ?? NaN) + Math.floor(tile / width);
        const at = row * across + (sizes[4] ?? NaN) + (tile % width);
        seen[at] = (seen[at] ?? NaN) + 1;
      }
    }
    expect(seen.every((times) => times === 1)).toBe(true);
    expect(largest === 1 || largest * 4096 * k <= GPU_SUBMISSION_PRODUCTS_MAX).toBe(true);
  });

  it.each([1, 256, 257, 65_535 * 256, 65_535 * 256 + 1, 200_000_000])(
    'has an invocation for each of %i elements',
    (count) => {
      const inputs = [{ dtype: 'float32' as const, shape: [count] }];
      const { steps } = planOf({ operator: 'exp', inputs }, { packedDot: true, products: null });
      const [x, y] = steps[0]?.workgroups ?? [0, 0];
      expect(x * y * 256).toBeGreaterThanOrEqual(count);
      expect(Math.max(x, y)).toBeLessThanOrEqual(GROUPS_MAX);
      expect(steps[0]?.sizes).toEqual([UNARY.indexOf('exp'), count, x * 256]);
    },
  );

  it('takes the packed dot product only where there is one', () => {
    const inputs = [
      { dtype: 'uint8' as const, shape: [2, 3] },
      { dtype: 'int8' as const, shape: [3, 4] },
    ];
    const of = (packedDot: boolean) =>
      planOf({ operator: 'qmatmul', inputs }, { packedDot, products: null }).shader;
    expect([of(true), of(false)]).toEqual(['qmatmulPacked', 'qmatmulPlain']);
  });

  it('gives long rows a workgroup each, and all else an invocation', () => {
    const of = (shape: number[], axis: number) => {
      const inputs = [{ dtype: 'float32' as const, shape }];
      return planOf({ operator: 'reduce-sum', inputs, axis }, { packedDot: true, products: null })
        .entryPoint;
    };
    expect(of([5, 64], 1)).toBe('rows');
    expect(of([5, 63], 1)).toBe('columns');
    expect(of([500, 2], 0)).toBe('columns');
  });
});
