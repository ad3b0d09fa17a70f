import { describe, expect, it } from 'vitest';
import type { OperatorName } from '../../domain/operator.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { firstOutside, rangeOf } from './finite-and-range.ts';

describe('firstOutside', () => {
  it.each<[OperatorName, number[], number | null]>([
    ['relu', [0, 1, Infinity], null],
    ['relu', [0, -1e-40], 1],
    ['relu', [-0, NaN], null],
    ['exp', [0, 5], null],
    ['exp', [0, 5, -1], 2],
    ['sigmoid', [0, 1, 0.5], null],
    ['sigmoid', [1.01], 0],
    ['gelu', [-0.17, 1e30], null],
    ['gelu', [-0.1702], 0],
    ['silu', [-0.2784, 1e30], null],
    ['silu', [-0.2786], 0],
    ['sigmoid', [-1e-7], 0],
    ['tanh', [-1, 1], null],
    ['tanh', [0, -1.001], 1],
    ['add', [-Infinity, 1e38], null],
  ])('of %s in %j is %s', (operator, values, index) => {
    const tensor: Tensor = {
      dtype: 'float32',
      shape: [values.length],
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    };
    expect(firstOutside(tensor, rangeOf({ operator, inner: 1 }))).toBe(index);
  });

  it.each([
    [16256 * 3, null],
    [16256 * 3 + 1, 1],
    [-16256 * 3, null],
    [-16256 * 3 - 1, 1],
  ])('of a product of three pairs with %i is %s', (value, index) => {
    const bytes = new Uint8Array(Int32Array.from([0, value]).buffer);
    const range = rangeOf({ operator: 'qmatmul', inner: 3 });
    expect(firstOutside({ dtype: 'int32', shape: [2], bytes }, range)).toBe(index);
  });
});
