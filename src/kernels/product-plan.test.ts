import { describe, expect, it } from 'vitest';
import { GPU_SUBMISSION_PRODUCTS_MAX } from '../domain/limits.ts';
import { productPlan, productShaders } from './product-plan.ts';
import {
  FIRST_CHOICES,
  PRODUCT_FORMS,
  PRODUCT_VARIANTS,
  productFormOf,
  SUBGROUP_VARIANTS,
  takingHalves,
  variantsOf,
} from './product-variant.ts';

const SHADERS = productShaders('matmul', { packedDot: true });
const VARIANTS = PRODUCT_FORMS.flatMap((form) =>
  variantsOf({ operator: 'matmul', form, hasSubgroups: true }).map((variant) => ({
    ...{ form, variant, name: `${form}: ${variant.name}` },
  })),
);
const SIZES = {
  thin: [
    [1, 1, 1],
    [4, 768, 3_073],
    [1, 3_000_000, 100],
    [1, 5, 9_000_000],
  ],
  small: [
    [5, 1, 1],
    [65, 64, 129],
    [500, 300_000, 500],
  ],
  large: [
    [1024, 1024, 1024],
    [100_000, 3, 5],
    [5_000_000, 1, 1],
    [2048, 20_000, 4097],
  ],
} as const;

describe('productPlan', () => {
  it.each(VARIANTS)('covers each tile once, in bounded submissions, $name', ({ form, variant }) => {
    const choice = { ...FIRST_CHOICES.matmul, [form]: variant };
    for (const [m, k, n] of SIZES[form]) {
      expect(productFormOf({ m, n })).toBe(form);
      const { steps } = productPlan({ m, k, n }, { ...SHADERS, choice });
      const [down, across] = [Math.ceil(m / variant.rows), Math.ceil(n / variant.columns)];
      const seen = new Uint8Array(down * across);
      let largest = 0;
      for (const { sizes, workgroups } of steps) {
        const [width, height] = workgroups;
        expect(Math.max(width, height)).toBeLessThanOrEqual(65_535);
        largest = Math.max(largest, width * height);
        for (let tile = 0; tile < width * height; tile++) {
          const row = (sizes[3] ?? NaN) + Math.floor(tile / width);
          const at = row * across + (sizes[4] ?? NaN) + (tile % width);
          seen[at] = (seen[at] ?? NaN) + 1;
        }
      }
      expect(seen.every((times) => times === 1)).toBe(true);
      const products = largest * variant.rows * variant.columns * k;
      expect(largest === 1 || products <= GPU_SUBMISSION_PRODUCTS_MAX).toBe(true);
    }
  });

  it.each(PRODUCT_VARIANTS.thin)('has slices that every device grants, $name', (variant) => {
    const constantsOf = (m: number) => {
      const choice = { ...FIRST_CHOICES.matmul, thin: variant };
      return productPlan({ m, k: 8, n: 8 }, { ...SHADERS, choice }).constants;
    };
    expect([1, 2, 4].map((m) => constantsOf(m)?.['ROWS'])).toEqual([1, 4, 4]);
    const { QUADS = NaN, SLICES = NaN } = constantsOf(1) ?? {};
    expect(QUADS * SLICES).toBeLessThanOrEqual(256);
    expect(Math.log2(SLICES) % 1).toBe(0);
    expect(variant.columns).toBe(QUADS * 4);
  });

  it.each(PRODUCT_VARIANTS.large)('has tiles that every device grants, $name', (variant) => {
    const { ACROSS = NaN, DOWN = NaN, ROWS = NaN, DEPTH = NaN } = variant.constants;
    expect(ACROSS * DOWN).toBeLessThanOrEqual(256);
    expect(4 * DEPTH * (DOWN * ROWS + ACROSS * 4)).toBeLessThanOrEqual(16_384);
    expect(256 % DEPTH).toBe(0);
    expect([4, 8]).toContain(ROWS);
    expect([variant.rows, variant.columns]).toEqual([DOWN * ROWS, ACROSS * 4]);
  });

  it.each(SUBGROUP_VARIANTS.large)('has whole subgroups of most sizes, $name', (variant) => {
    const { LANES = NaN } = variant.constants;
    expect([64, 128]).toContain(LANES);
    expect([variant.rows, variant.columns]).toEqual([8, LANES * 4]);
  });

  it('offers subgroups to matmul alone, where the device has them', () => {
    const countOf = (operator: 'matmul' | 'qmatmul', hasSubgroups: boolean) =>
      variantsOf({ operator, form: 'large', hasSubgroups }).length;
    const plain = PRODUCT_VARIANTS.large.length;
    expect([countOf('matmul', false), countOf('qmatmul', true)]).toEqual([plain, plain]);
    expect(countOf('matmul', true)).toBeGreaterThan(plain);
  });

  it.each(VARIANTS)('names a shader of halves only where they are taken, $name', (of) => {
    const [m, k, n] = SIZES[of.form][0];
    const planOf = (variant: typeof of.variant) =>
      productPlan(
        { m, k, n },
        { ...SHADERS, choice: { ...FIRST_CHOICES.matmul, [of.form]: variant } },
      );
    const { halves, ...without } = planOf(takingHalves(of.variant));
    expect(halves).toBe(`${without.shader}Halves`);
    expect(planOf(of.variant)).toEqual(without);
  });

  it('takes the first tiles for all, where nothing may be chosen', () => {
    const [choice, sizes] = [null, { m: 1, k: 9, n: 9 }];
    const { shader, constants } = productPlan(sizes, { ...SHADERS, choice });
    expect(shader).toBe('matmul');
    expect(constants).toEqual(PRODUCT_VARIANTS.small[0].constants);
  });
});
