import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  elementBytes,
  elementCount,
  type DType,
  type Shape,
  type Tensor,
} from '../domain/tensor.ts';

/** Smallest and largest value of each integer type. */
const RANGES: Partial<Record<DType, readonly [bigint, bigint]>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The tensor of one number, in the type and shape that a model wants: 16000, -0.5, 1e-3, true.
 *
 * A shape of one element ([1], [1, 1]) is kept; symbolic dimensions count as 1.
 * Errors: config_invalid, naming the type and its range.
 */
export function scalarTensor(
  text: string,
  of: {
    readonly name: string;
    readonly dtype: DType;
    readonly shape: readonly (number | null)[] | null;
  },
): Outcome<Tensor> {
  const { name, dtype } = of;
  const shape: Shape = (of.shape ?? []).map((dimension) => dimension ?? 1);
  const refuse = (why: string): Outcome<never> =>
    fail(failure('config_invalid', `--constant ${name}=${text}: ${why}.`));
  if (elementCount(shape) !== 1) {
    return refuse(`this input has the shape [${shape.join(', ')}]; name a .npy file`);
  }
  const bytes = new Uint8Array(elementBytes(dtype));
  const view = new DataView(bytes.buffer);
  if (dtype === 'bool') {
    if (!/^(true|false|0|1)$/.test(text)) return refuse('a bool is true or false');
    view.setUint8(0, text === 'true' || text === '1' ? 1 : 0);
    return succeed({ dtype, shape, bytes });
  }
  if (!NUMBER.test(text)) return refuse(`not a number, and not a .npy file; it becomes ${dtype}`);
  const range = RANGES[dtype];
  if (range === undefined) {
    if (!Number.isFinite(Number(text))) return refuse(`too large for ${dtype}`);
    if (dtype === 'float32') view.setFloat32(0, Number(text), true);
    else view.setFloat64(0, Number(text), true);
    return succeed({ dtype, shape, bytes });
  }
  const integer = integerOf(text);
  if (integer === null || integer < range[0] || integer > range[1]) {
    return refuse(`${dtype} takes whole numbers from ${range[0]} to ${range[1]}`);
  }
  // The low bytes of two's complement, whatever the width.
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number((integer >> BigInt(8 * index)) & 0xffn);
  }
  return succeed({ dtype, shape, bytes });
}

/** Exact, as int64 needs; 1e3 and 16000.0 are whole too. */
function integerOf(text: string): bigint | null {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace('+', ''));
  const value = Number(text);
  return Number.isSafeInteger(value) ? BigInt(value) : null;
}
