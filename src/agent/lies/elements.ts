import { assertNever } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';

type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** The numbers of a copy of a tensor, whatever its type; its shape and type stay. */
export type Elements = {
  readonly count: number;
  /** Elements of one row; 1 of a scalar. */
  readonly columns: number;
  readonly rows: number;
  readonly isFloat: boolean;
  at(index: number): number;
  /** Integers keep the low bits of the whole part, as typed arrays do. */
  put(index: number, value: number): void;
  /** Changes an integer by one: its lowest bit. */
  flip(index: number): void;
  /** The copy as it is now. */
  tensor(): Tensor;
};

/** Copies a tensor for its numbers to be changed. */
export function elementsOf(tensor: Tensor): Elements {
  const { dtype, shape } = tensor;
  const bytes = tensor.bytes.slice();
  const { at, put, count } = accessTo(dtype, bytes.buffer);
  const rows = shape[0] ?? 1;
  const size = count === 0 ? 1 : bytes.byteLength / count;
  return {
    count,
    rows,
    columns: rows === 0 ? 0 : count / rows,
    isFloat: dtype === 'float32' || dtype === 'float64',
    at,
    put,
    // Little-endian: the first byte has the lowest bit.
    flip: (index) => void (bytes[index * size] = (bytes[index * size] ?? 0) ^ 1),
    tensor: () => ({ dtype, shape, bytes }),
  };
}

/** The largest finite magnitude; 0 of none. */
export function largestOf({ count, at }: Elements): number {
  let largest = 0;
  for (let index = 0; index < count; index++) {
    const magnitude = Math.abs(at(index));
    if (magnitude > largest && magnitude !== Infinity) largest = magnitude;
  }
  return largest;
}

type Access = Pick<Elements, 'count' | 'at' | 'put'>;

function accessTo(dtype: Tensor['dtype'], buffer: ArrayBuffer): Access {
  switch (dtype) {
    case 'float32':
      return numbers(new Float32Array(buffer));
    case 'float64':
      return numbers(new Float64Array(buffer));
    case 'int8':
      return numbers(new Int8Array(buffer));
    case 'uint8':
    case 'bool':
      return numbers(new Uint8Array(buffer));
    case 'int16':
      return numbers(new Int16Array(buffer));
    case 'uint16':
      return numbers(new Uint16Array(buffer));
    case 'int32':
      return numbers(new Int32Array(buffer));
    case 'uint32':
      return numbers(new Uint32Array(buffer));
    case 'int64':
      return wideNumbers(new BigInt64Array(buffer));
    case 'uint64':
      return wideNumbers(new BigUint64Array(buffer));
    default:
      return assertNever(dtype);
  }
}

function numbers(values: NumberArray): Access {
  return {
    count: values.length,
    at: (index) => values[index] ?? 0,
    put: (index, value) => void (values[index] = value),
  };
}

function wideNumbers(values: BigInt64Array | BigUint64Array): Access {
  return {
    count: values.length,
    at: (index) => Number(values[index] ?? 0n),
    put: (index, value) => {
      if (Number.isFinite(value)) values[index] = BigInt(Math.trunc(value));
    },
  };
}
