import { describe, expect, it } from 'vitest';
import type { DType } from '../domain/tensor.ts';
import { scalarTensor } from './scalar-tensor.ts';

const hexOf = (text: string, dtype: DType): string | null => {
  const outcome = scalarTensor(text, { name: 'x', dtype, shape: [] });
  return outcome.ok ? Buffer.from(outcome.value.bytes).toString('hex') : null;
};

describe('scalarTensor', () => {
  it.each([
    ['16000', 'int64', '803e000000000000'],
    ['-1', 'int64', 'ffffffffffffffff'],
    ['9223372036854775807', 'int64', 'ffffffffffffff7f'],
    ['18446744073709551615', 'uint64', 'ffffffffffffffff'],
    ['-128', 'int8', '80'],
    ['+255', 'uint8', 'ff'],
    ['1e3', 'int32', 'e8030000'],
    ['16000.0', 'int16', '803e'],
    ['0.5', 'float32', '0000003f'],
    ['-.5', 'float64', '000000000000e0bf'],
    ['true', 'bool', '01'],
    ['0', 'bool', '00'],
  ] as const)('encodes %s as %s', (text, dtype, hex) => {
    expect(hexOf(text, dtype)).toBe(hex);
  });

  it.each([
    ['9223372036854775808', 'int64'],
    ['-9223372036854775809', 'int64'],
    ['128', 'int8'],
    ['-1', 'uint8'],
    ['0.5', 'int32'],
    ['1e999', 'float64'],
    ['NaN', 'float32'],
    ['', 'float32'],
    ['0x10', 'int32'],
    ['yes', 'bool'],
  ] as const)('refuses "%s" for %s, naming the constant', (text, dtype) => {
    const outcome = scalarTensor(text, { name: 'rate', dtype, shape: [] });
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: 'config_invalid', message: expect.stringContaining('--constant rate=') },
    });
  });

  it.each([
    ['none stated', null, []],
    ['[1]', [1], [1]],
    ['[null, 1]', [null, 1], [1, 1]],
  ])('keeps a shape of one element: %s', (_, shape, expected) => {
    const outcome = scalarTensor('1', { name: 'x', dtype: 'float32', shape });
    expect(outcome).toMatchObject({ value: { shape: expected } });
  });

  it('asks for a file where the model wants more than one element', () => {
    const outcome = scalarTensor('1', { name: 'x', dtype: 'float32', shape: [2, 64] });
    expect(outcome).toMatchObject({
      failure: { message: expect.stringContaining('.npy file') },
    });
  });
});
