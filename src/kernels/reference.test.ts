import { describe, expect, it } from 'vitest';
import type { OperatorName } from '../domain/operator.ts';
import { float32Tensor } from './operator-case.ts';
import { runReference } from './reference.ts';
import { float32View, int32View, tensorOver } from './tensor-view.ts';

const A = float32Tensor([2, 3], [1, -2, 3, 4, 5, -6]);

function numbersOf(operator: OperatorName, inputs: (typeof A)[], axis?: number): number[] {
  const call = axis === undefined ? { operator, inputs } : { operator, inputs, axis };
  const outcome = runReference(call);
  return outcome.ok ? [...float32View(outcome.value)] : [];
}

describe('runReference', () => {
  it('multiplies matrices as done by hand', () => {
    const b = float32Tensor([3, 2], [1, 2, 3, 4, 5, 6]);
    expect(numbersOf('matmul', [A, b])).toEqual([10, 12, -11, -8]);
  });

  it('sums products in more than f32: small terms survive large ones that cancel', () => {
    const row = float32Tensor([1, 3], [2 ** 30, 1, -(2 ** 30)]);
    expect(numbersOf('matmul', [row, float32Tensor([3, 1], [1, 1, 1])])).toEqual([1]);
    expect(numbersOf('reduce-sum', [row], 1)).toEqual([1]);
  });

  it('multiplies quantized matrices exactly, at the extremes', () => {
    const left = tensorOver({ dtype: 'uint8', shape: [1, 2], values: Uint8Array.of(127, 127) });
    const values = Int8Array.of(-128, 127, -128, 1);
    const right = tensorOver({ dtype: 'int8', shape: [2, 2], values });
    const outcome = runReference({ operator: 'qmatmul', inputs: [left, right] });
    expect(outcome).toMatchObject({ ok: true, value: { dtype: 'int32', shape: [1, 2] } });
    expect(outcome.ok && [...int32View(outcome.value)]).toEqual([-32_512, 16_256]);
  });

  it.each([
    { operator: 'add', expected: [11, 18, 33, 14, 25, 24] },
    { operator: 'sub', expected: [-9, -22, -27, -6, -15, -36] },
    { operator: 'mul', expected: [10, -40, 90, 40, 100, -180] },
    { operator: 'div', expected: [0.1, -0.1, 0.1, 0.4, 0.25, -0.2].map(Math.fround) },
    { operator: 'max', expected: [10, 20, 30, 10, 20, 30] },
    { operator: 'min', expected: [1, -2, 3, 4, 5, -6] },
  ] as const)('$operator repeats a row vector over the rows', ({ operator, expected }) => {
    expect(numbersOf(operator, [A, float32Tensor([3], [10, 20, 30])])).toEqual(expected);
  });

  it.each([
    { operator: 'reduce-sum', axis: 0, expected: [5, 3, -3] },
    { operator: 'reduce-sum', axis: 1, expected: [2, 3] },
    { operator: 'reduce-mean', axis: 0, expected: [2.5, 1.5, -1.5] },
    { operator: 'reduce-max', axis: 1, expected: [3, 5] },
  ] as const)('$operator over axis $axis', ({ operator, axis, expected }) => {
    expect(numbersOf(operator, [A], axis)).toEqual(expected);
  });

  it.each([
    { operator: 'relu', of: [-1, 0, 2, NaN], expected: [0, 0, 2, NaN] },
    { operator: 'tanh', of: [0, Infinity, -Infinity], expected: [0, 1, -1] },
    { operator: 'sigmoid', of: [0, Infinity, -Infinity], expected: [0.5, 1, 0] },
    { operator: 'exp', of: [0, -Infinity, 89], expected: [1, 0, Infinity] },
    { operator: 'gelu', of: [0, Infinity, -Infinity, 40], expected: [0, Infinity, 0, 40] },
    { operator: 'silu', of: [0, Infinity, -Infinity, 99], expected: [0, Infinity, 0, 99] },
    { operator: 'log', of: [1, 0, 2 ** -149, -1], expected: [0, -Infinity, -Infinity, NaN] },
  ] as const)('$operator of $of', ({ operator, of, expected }) => {
    expect(numbersOf(operator, [float32Tensor([of.length], of)])).toEqual(expected);
  });

  it('takes the tanh form of gelu', () => {
    const [one = NaN, below = NaN] = numbersOf('gelu', [float32Tensor([2], [1, -1])]);
    // 1/2 (1 + tanh(sqrt(2 / pi) 1.044715)); the error function would give 0.841345.
    expect(one).toBeCloseTo(0.841192, 6);
    expect(below).toBeCloseTo(-0.158808, 6);
  });

  it('transposes', () => {
    expect(numbersOf('transpose', [A])).toEqual([1, 4, -2, 5, 3, -6]);
  });

  it('reads subnormals as zeros of their sign in products and quotients', () => {
    const tiny = float32Tensor([2], [2 ** -127, -(2 ** -127)]);
    expect(numbersOf('div', [float32Tensor([2], [1, 1]), tiny])).toEqual([Infinity, -Infinity]);
    expect(numbersOf('mul', [float32Tensor([2], [2 ** 127, 1]), tiny])).toEqual([0, -0]);
  });

  it('fails where the output is longer than any array', () => {
    const input = { dtype: 'float32' as const, shape: [2 ** 40, 0], bytes: new Uint8Array() };
    const outcome = runReference({ operator: 'reduce-sum', inputs: [input], axis: 1 });
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'out_of_memory' } });
  });

  it('takes bytes that are not aligned', () => {
    const bytes = new Uint8Array(13).subarray(1);
    bytes.set(float32Tensor([3], [1, -2, 3]).bytes);
    expect(numbersOf('relu', [{ dtype: 'float32', shape: [3], bytes }])).toEqual([1, 0, 3]);
  });
});
