import { describe, expect, it } from 'vitest';
import { QMATMUL_INNER_MAX } from '../domain/limits.ts';
import type { OperatorName } from '../domain/operator.ts';
import type { Shape } from '../domain/tensor.ts';
import { checkedCall } from './checked-call.ts';
import { operatorOutput, type OperatorSignature } from './operator-output.ts';

function call(operator: OperatorName, shapes: Shape[], axis?: number): OperatorSignature {
  const inputs = shapes.map((shape) => ({ dtype: 'float32' as const, shape }));
  return axis === undefined ? { operator, inputs } : { operator, inputs, axis };
}

function quantized(k: number): OperatorSignature {
  const left = { dtype: 'uint8' as const, shape: [2, k] };
  return { operator: 'qmatmul', inputs: [left, { dtype: 'int8', shape: [k, 3] }] };
}

describe('operatorOutput', () => {
  it.each([
    {
      of: call('matmul', [
        [2, 3],
        [3, 5],
      ]),
      shape: [2, 5],
    },
    {
      of: call('matmul', [
        [0, 3],
        [3, 5],
      ]),
      shape: [0, 5],
    },
    {
      of: call('matmul', [
        [2, 0],
        [0, 5],
      ]),
      shape: [2, 5],
    },
    {
      of: call('add', [
        [2, 3],
        [2, 3],
      ]),
      shape: [2, 3],
    },
    { of: call('sub', [[2, 3], [3]]), shape: [2, 3] },
    {
      of: call('mul', [
        [2, 3],
        [1, 3],
      ]),
      shape: [2, 3],
    },
    { of: call('div', [[2, 3, 4], []]), shape: [2, 3, 4] },
    { of: call('reduce-sum', [[2, 3, 4]], 1), shape: [2, 1, 4] },
    { of: call('reduce-sum', [[2, 0]], 1), shape: [2, 1] },
    { of: call('tanh', [[2, 3, 4]]), shape: [2, 3, 4] },
    { of: call('transpose', [[2, 3]]), shape: [3, 2] },
  ])('$of.operator gives float32 $shape', ({ of, shape }) => {
    expect(operatorOutput(of)).toEqual({ ok: true, value: { dtype: 'float32', shape } });
  });

  it('qmatmul gives int32, up to the longest exact inner dimension', () => {
    const value = { dtype: 'int32', shape: [2, 3] };
    expect(operatorOutput(quantized(QMATMUL_INNER_MAX))).toEqual({ ok: true, value });
    const above = operatorOutput(quantized(QMATMUL_INNER_MAX + 1));
    expect(above).toMatchObject({ ok: false, failure: { code: 'limit_exceeded' } });
  });

  it.each([
    call('matmul', [
      [2, 3],
      [4, 5],
    ]),
    call('matmul', [
      [2, 3, 1],
      [3, 5],
    ]),
    call('matmul', [[2, 3]]),
    call('add', [[2, 3], [2]]),
    call('add', [[3], [2, 3]]),
    call('add', [
      [2, 3],
      [2, 1],
    ]),
    call('add', [[2, 2, 3], [3]]),
    call('relu', [[2], [2]]),
    call('relu', []),
    call('relu', [[2]], 0),
    call('reduce-sum', [[2, 3]]),
    call('reduce-sum', [[2, 3]], 2),
    call('reduce-sum', [[2, 3]], -1),
    call('reduce-sum', [[2, 3]], 0.5),
    call('reduce-max', [[2, 0]], 1),
    call('reduce-mean', [[2, 0]], 1),
    call('transpose', [[2, 3, 4]]),
    {
      operator: 'qmatmul',
      inputs: call('matmul', [
        [2, 3],
        [3, 4],
      ]).inputs,
    },
    { operator: 'exp', inputs: [{ dtype: 'float64', shape: [2] }] },
  ] satisfies OperatorSignature[])('refuses %j and names the operator', (of) => {
    const outcome = operatorOutput(of);
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: 'shape_mismatch', message: expect.stringContaining(of.operator) },
    });
  });

  it('says how to convert a type that it refuses', () => {
    const of = { dtype: 'float64', shape: [2] } as const;
    expect(operatorOutput({ operator: 'exp', inputs: [of] })).toMatchObject({
      failure: { message: expect.stringMatching(/float64 \[2\].*astype\("float32"\)/) },
    });
  });

  it('names the shapes it refuses', () => {
    expect(
      operatorOutput(
        call('matmul', [
          [2, 3],
          [4, 5],
        ]),
      ),
    ).toMatchObject({
      failure: { message: expect.stringContaining('float32 [2,3] and float32 [4,5]') },
    });
  });
});

describe('checkedCall', () => {
  it('refuses bytes that are fewer or more than the shape says', () => {
    for (const bytes of [23, 25]) {
      const input = { dtype: 'float32' as const, shape: [2, 3], bytes: new Uint8Array(bytes) };
      const outcome = checkedCall({ operator: 'relu', inputs: [input] });
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'shape_mismatch' } });
    }
  });

  it.each([0, 1, 2, 3, 4, 6])('refuses a value above 127 at %i, aligned or not', (at) => {
    for (const offset of [0, 1]) {
      const bytes = new Uint8Array(8).subarray(offset, offset + 7).fill(127);
      const left = { dtype: 'uint8' as const, shape: [7, 1], bytes };
      const right = { dtype: 'int8' as const, shape: [1, 1], bytes: new Uint8Array(1) };
      const valid = checkedCall({ operator: 'qmatmul', inputs: [left, right] });
      expect(valid.ok).toBe(true);
      bytes[at] = 128;
      const invalid = checkedCall({ operator: 'qmatmul', inputs: [left, right] });
      expect(invalid).toMatchObject({ ok: false, failure: { code: 'input_invalid' } });
    }
  });
});
