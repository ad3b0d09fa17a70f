import { describe, expect, it } from 'vitest';
import { EXACT_INNER_MAX } from '../../domain/limits.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { checkedCall } from '../checked-call.ts';
import { int32Tensor } from '../operator-case.ts';
import { tensorOver } from '../tensor-view.ts';
import { qlinearReference } from './qlinear-reference.ts';
import { QLINEAR } from './qlinear.ts';

/** One row of sixteen values by eight columns of which only the first weight is not zero. */
function layer(of: {
  readonly first?: number;
  readonly weight?: number;
  readonly bias?: number;
  readonly multiplier?: number;
  readonly shift?: number;
}): readonly Tensor[] {
  const { first = 0, weight = 0, bias = 0, multiplier = 1, shift = 1 } = of;
  const eight = (value: number) => int32Tensor(Array.from({ length: 8 }, () => value));
  const x = new Uint8Array(16).fill(first, 0, 1);
  const w = new Int8Array(128).fill(weight, 0, 8);
  const places = Uint8Array.from({ length: 256 }, (_, place) => place);
  return [
    tensorOver({ dtype: 'uint8', shape: [1, 16], values: x }),
    tensorOver({ dtype: 'int8', shape: [16, 8], values: w }),
    eight(bias),
    eight(multiplier),
    int32Tensor([shift]),
    tensorOver({ dtype: 'uint8', shape: [256], values: places }),
  ];
}

describe('qlinearReference', () => {
  it.each([
    // Of the table of places, 128 is zero.
    [{}, 128],
    [{ first: 3, weight: 5, multiplier: 16_384, shift: 1 }, 132],
    [{ first: 3, weight: -5, multiplier: 16_384, shift: 1 }, 124],
    [{ bias: 5, multiplier: 16_384, shift: 1 }, 129],
    [{ bias: 6, multiplier: 16_384, shift: 1 }, 130],
    [{ bias: -6, multiplier: 16_384, shift: 1 }, 127],
    [{ bias: 2 ** 29, multiplier: 32_767 }, 255],
    [{ bias: -(2 ** 29), multiplier: 32_767 }, 0],
    [{ bias: 2 ** 29, multiplier: 0 }, 128],
  ])('makes of %j the place %i', (of, place) => {
    expect([...qlinearReference(layer(of)).bytes]).toEqual(Array.from({ length: 8 }, () => place));
  });
});

describe('QLINEAR', () => {
  it.each([
    [{ bias: 2 ** 29 + 1 }, 'bias 536870913 is outside -536870912 to 536870912'],
    [{ multiplier: -1 }, 'multiplier -1 is outside 0 to 32767'],
    [{ multiplier: 32_768 }, 'multiplier 32768 is outside 0 to 32767'],
    [{ shift: 0 }, 'shift 0 is outside 1 to 31'],
    [{ shift: 32 }, 'shift 32 is outside 1 to 31'],
    [{ first: 128 }, 'a value is above 127: quantize the first operand to 0..127'],
  ])('refuses %j', (of, why) => {
    const failure = { code: 'input_invalid', message: `qlinear: ${why}` };
    expect(checkedCall({ operator: 'qlinear', inputs: layer(of) })).toEqual({ ok: false, failure });
  });

  it.each([
    [16, 8, [3, 8]],
    [32, 24, [3, 24]],
    [EXACT_INNER_MAX, 8, [3, 8]],
    [EXACT_INNER_MAX + 16, 8, null],
    [24, 8, null],
    [16, 12, null],
    [0, 8, null],
    [16, 0, null],
  ])('of %i rows and %i columns on the right has the shape %j', (k, n, shape) => {
    const output = QLINEAR.output([
      { dtype: 'uint8', shape: [3, k] },
      { dtype: 'int8', shape: [k, n] },
      { dtype: 'int32', shape: [n] },
      { dtype: 'int32', shape: [n] },
      { dtype: 'int32', shape: [1] },
      { dtype: 'uint8', shape: [256] },
    ]);
    expect(output?.shape ?? null).toEqual(shape);
  });
});
