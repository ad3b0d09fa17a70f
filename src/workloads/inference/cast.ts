import { assertNever } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { elementBytes, type DType } from '../../domain/tensor.ts';

/**
 * Whether data of one type may be given where a model takes another: any number as a float, any
 * integer or bool as any integer if its values fit. Floats are never cut to integers silently.
 */
export function isCastable({ from, to }: { from: DType; to: DType }): boolean {
  return from === to || isFloat(to) || !isFloat(from);
}

/** Casts element by element into a buffer of its own, which the next cast uses again. */
export class Cast {
  readonly #from: DType;
  readonly #to: DType;
  readonly #target: NumberArray;

  /** `elementsMax`: most elements of one cast. */
  constructor(of: { from: DType; to: DType; elementsMax: number }) {
    this.#from = of.from;
    this.#to = of.to;
    const bytes = new Uint8Array(elementBytes(of.to) * of.elementsMax);
    this.#target = arrayOver(of.to, bytes);
  }

  /**
   * The same values as another type; the bytes are overwritten by the next cast.
   *
   * Errors: input_invalid (a value that the type cannot hold).
   */
  run(bytes: Uint8Array): Outcome<Uint8Array> {
    const source = arrayOver(this.#from, bytes);
    const target = this.#target;
    fill(target, source);
    if (!isFloat(this.#to)) {
      const wrong = firstChanged(source, { target, asBool: this.#to === 'bool' });
      if (wrong !== null) {
        const text = `${String(wrong)} does not fit into ${this.#to}: give smaller values`;
        return fail(failure('input_invalid', text));
      }
    }
    const size = source.length * target.BYTES_PER_ELEMENT;
    return succeed(new Uint8Array(target.buffer, target.byteOffset, size));
  }
}

type BigArray = BigInt64Array | BigUint64Array;
type SmallArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;
type NumberArray = SmallArray | BigArray;

function fill(target: NumberArray, source: NumberArray): void {
  if (isBig(target)) {
    if (isBig(source)) target.set(source);
    else
      for (let index = 0; index < source.length; index++)
        target[index] = BigInt(source[index] ?? 0);
  } else if (isBig(source)) {
    for (let index = 0; index < source.length; index++) target[index] = Number(source[index]);
  } else {
    target.set(source);
  }
}

/** The first element that came out as another value; null if all are the same. */
function firstChanged(
  source: NumberArray,
  { target, asBool }: { target: NumberArray; asBool: boolean },
): number | bigint | null {
  for (let index = 0; index < source.length; index++) {
    const value = source[index] ?? 0;
    // Loose, because 5n == 5 and 5n !== 5.
    // oxlint-disable-next-line eqeqeq
    const same = value == target[index] && !(asBool && value != 0 && value != 1);
    if (!same) return value;
  }
  return null;
}

function isBig(array: NumberArray): array is BigArray {
  return array instanceof BigInt64Array || array instanceof BigUint64Array;
}

function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** Elements over these bytes; over a copy where they are not aligned. */
function arrayOver(dtype: DType, bytes: Uint8Array): NumberArray {
  const size = elementBytes(dtype);
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const length = bytes.byteLength / size;
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, length);
    case 'uint64':
      return new BigUint64Array(buffer, byteOffset, length);
    default:
      return assertNever(dtype);
  }
}
