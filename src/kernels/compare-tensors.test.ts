import { describe, expect, it } from 'vitest';
import { compareTensors } from './compare-tensors.ts';
import { FLOAT32_MAX } from './float32.ts';
import { float32Tensor } from './operator-case.ts';
import { tensorOver } from './tensor-view.ts';
import { EXACT } from './rounding.ts';

const LOOSE = { absolute: 0.25, relative: 0.5, overflows: false };

function kind(expected: number, actual: number, tolerance = LOOSE): string {
  const pair = { expected: float32Tensor([1], [expected]), actual: float32Tensor([1], [actual]) };
  return compareTensors({ ...pair, tolerance }).kind;
}

describe('compareTensors', () => {
  it.each([
    [1, 1, 'equal'],
    [1, 1.75, 'equal'],
    [1, 1.7500001, 'different'],
    [1, 0.25, 'equal'],
    [1, 0.2499, 'different'],
    [0, -0.25, 'equal'],
    [0, -0.2501, 'different'],
    [0, -0, 'equal'],
    [NaN, NaN, 'equal'],
    [NaN, 0, 'different'],
    [0, NaN, 'different'],
    [Infinity, Infinity, 'equal'],
    [Infinity, -Infinity, 'different'],
    [Infinity, FLOAT32_MAX, 'equal'],
    [FLOAT32_MAX, Infinity, 'equal'],
    [Infinity, 1, 'different'],
    [1, Infinity, 'different'],
  ])('%d against %d is %s', (expected, actual, found) => {
    expect(kind(expected, actual)).toBe(found);
  });

  it('takes nothing but the same where the tolerance is zero', () => {
    expect(kind(1, 1, EXACT)).toBe('equal');
    expect(kind(1, 1.0000001, EXACT)).toBe('different');
    expect(kind(Infinity, FLOAT32_MAX, EXACT)).toBe('different');
  });

  it('excuses overflow on the way only where sums can overflow', () => {
    const sums = { ...LOOSE, overflows: true };
    expect([kind(1, NaN, sums), kind(1, Infinity, sums)]).toEqual(['equal', 'equal']);
    expect([kind(NaN, 1, sums), kind(1, 2, sums)]).toEqual(['different', 'different']);
  });

  it('tells the first element that differs, and how', () => {
    const expected = float32Tensor([2, 2], [1, 2, 3, 4]);
    const actual = float32Tensor([2, 2], [1, 2, 9, 9]);
    const found = compareTensors({ expected, actual, tolerance: LOOSE });
    const different = { kind: 'different', index: 2, expected: 3, actual: 9, allowed: 1.75 };
    expect(found).toEqual(different);
  });

  it('compares float64 within the tolerance', () => {
    const of = (value: number) => {
      const bytes = new Uint8Array(Float64Array.of(value).buffer);
      return { dtype: 'float64' as const, shape: [1], bytes };
    };
    const near = compareTensors({ expected: of(1), actual: of(1.5), tolerance: LOOSE });
    const far = compareTensors({ expected: of(1), actual: of(2.5), tolerance: LOOSE });
    expect([near.kind, far.kind]).toEqual(['equal', 'different']);
  });

  it('compares integers bit for bit, whatever the tolerance', () => {
    const of = (...numbers: number[]) =>
      tensorOver({ dtype: 'int32', shape: [2], values: Int32Array.from(numbers) });
    const same = compareTensors({ expected: of(1, -7), actual: of(1, -7), tolerance: LOOSE });
    expect(same).toEqual({ kind: 'equal', worst: 0 });
    const other = compareTensors({ expected: of(1, -7), actual: of(1, -8), tolerance: LOOSE });
    expect(other).toEqual({ kind: 'different', index: 1, expected: -7, actual: -8, allowed: 0 });
  });
});
