import { failure } from '../domain/failure.ts';
import { NPY_HEADER_BYTES_MAX, TENSOR_ELEMENTS_MAX, TENSOR_RANK_MAX } from '../domain/limits.ts';
import { fail, succeed, type Failed, type Outcome } from '../domain/outcome.ts';
import { elementCount, tensorBytes, type DType, type Shape } from '../domain/tensor.ts';
import { parseNpyDict, type NpyLiteral } from './npy-literal.ts';

/** What the header of a .npy file says, and where behind it the tensor's bytes begin. */
export type NpyHeader = {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly dataOffset: number;
};

// How numpy writes each type; it leaves the byte order out (|) where there is none.
const DESCRIPTIONS: Readonly<Record<DType, string>> = {
  float32: '<f4',
  float64: '<f8',
  int8: '|i1',
  uint8: '|u1',
  int16: '<i2',
  uint16: '<u2',
  int32: '<i4',
  uint32: '<u4',
  int64: '<i8',
  uint64: '<u8',
  bool: '|b1',
};
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
// numpy pads the header so that the data is aligned to this.
const ALIGNMENT = 64;

/**
 * Reads the header of a .npy file, versions 1 to 3.
 *
 * `prefix`: the whole file, or its first NPY_HEADER_BYTES_MAX bytes or more; `fileBytes`: the size
 * of the whole file, which the header must account for to the byte. All of it comes from an
 * attacker.
 * Errors: "input_malformed" | "input_invalid" | "limit_exceeded" | "version_unsupported", each
 * naming what to do in numpy.
 */
export function parseNpyHeader(prefix: Uint8Array, fileBytes: number): Outcome<NpyHeader> {
  const located = locateHeader(prefix);
  if (!located.ok) return located;
  const { start, end } = located.value;
  // Latin-1 or UTF-8: only ASCII occurs in what is accepted.
  const entries = parseNpyDict(new TextDecoder('latin1').decode(prefix.subarray(start, end)));
  if (typeof entries === 'string') return malformed(`its header does not parse: ${entries}`);
  const dtype = parseDescription(entries.get('descr'));
  if (!dtype.ok) return dtype;
  const order = entries.get('fortran_order');
  if (order?.kind !== 'truth') return malformed('its header has no fortran_order');
  if (order.truth) {
    const text = 'this .npy file is in Fortran order (column-major)';
    return invalid(`${text}. Save it with np.save(path, np.ascontiguousarray(array)).`);
  }
  const shape = parseShape(entries.get('shape'));
  if (!shape.ok) return shape;
  if (entries.size !== 3) return malformed('its header has keys that no .npy file has');
  const header = { dtype: dtype.value, shape: shape.value, dataOffset: end };
  return checkLength(header, fileBytes);
}

/** The header of a .npy file (version 1) whose data is a tensor's bytes as they are. */
export function encodeNpyHeader(of: { dtype: DType; shape: Shape }): Uint8Array {
  const tuple = of.shape.length === 1 ? `(${of.shape[0]},)` : `(${of.shape.join(', ')})`;
  const descr = DESCRIPTIONS[of.dtype];
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + 4;
  const total = Math.ceil((before + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(total);
  header.set(MAGIC);
  header.set([1, 0], MAGIC.length);
  new DataView(header.buffer).setUint16(MAGIC.length + 2, total - before, true);
  header.set(new TextEncoder().encode(`${dict.padEnd(total - before - 1)}\n`), before);
  return header;
}

function locateHeader(prefix: Uint8Array): Outcome<{ start: number; end: number }> {
  if (MAGIC.some((byte, index) => prefix[index] !== byte)) {
    return malformed('it does not begin with \\x93NUMPY');
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const version = prefix[MAGIC.length];
  if (version !== undefined && (version < 1 || version > 3)) {
    const text = `this .npy file has format version ${version}; this program reads 1 to 3`;
    return fail(failure('version_unsupported', `${text}. Save it with a current numpy.`));
  }
  const start = MAGIC.length + (version === 1 ? 4 : 6);
  if (prefix.byteLength < start) return malformed('it ends within its header');
  const length = version === 1 ? view.getUint16(start - 2, true) : view.getUint32(start - 4, true);
  if (start + length > NPY_HEADER_BYTES_MAX) {
    const text = `the header of this .npy file has ${start + length} bytes`;
    const remedy = 'Save it again as a plain array with np.save';
    const limit = `at most ${NPY_HEADER_BYTES_MAX} may be`;
    return fail(failure('limit_exceeded', `${text}; ${limit}. ${remedy}.`));
  }
  if (start + length > prefix.byteLength) return malformed('it ends within its header');
  return succeed({ start, end: start + length });
}

function parseDescription(literal: NpyLiteral | undefined): Outcome<DType> {
  if (literal?.kind === 'list') {
    const text = 'this .npy file has a structured type (named fields)';
    return invalid(`${text}. Save each field as an array of its own.`);
  }
  if (literal?.kind !== 'text') return malformed('its header has no descr');
  const { text } = literal;
  const [, order, kind = ''] = /^([<>|=]?)([a-zA-Z]\d*.*)$/.exec(text) ?? [];
  const found = Object.entries(DESCRIPTIONS).find(([, known]) => known.slice(1) === kind);
  if (found === undefined) {
    if (kind.startsWith('O')) {
      const what = 'this .npy file holds Python objects';
      return invalid(`${what}. Save plain numbers, as with array.astype(np.float32).`);
    }
    const what = `this .npy file has elements of type "${text.slice(0, 40)}"`;
    const known = Object.keys(DESCRIPTIONS).join(', ');
    return invalid(`${what}. Convert it, as with array.astype(np.float32), to one of: ${known}.`);
  }
  const [dtype, known] = found;
  if (order === '>' && !known.startsWith('|')) {
    const what = 'this .npy file is big-endian';
    return invalid(`${what}. Save array.astype(array.dtype.newbyteorder('<')).`);
  }
  // The keys of DESCRIPTIONS are the types.
  return succeed(dtype as DType);
}

function parseShape(literal: NpyLiteral | undefined): Outcome<Shape> {
  if (literal?.kind !== 'integers') return malformed('its header has no shape');
  const shape = literal.integers;
  const remedy = 'Split or reshape the array';
  if (shape.length > TENSOR_RANK_MAX) {
    const text = `this .npy file has ${shape.length} dimensions; at most ${TENSOR_RANK_MAX} may be`;
    return fail(failure('limit_exceeded', `${text}. ${remedy}.`));
  }
  // Each by itself too: with a dimension of 0 the product would hide one beyond 2^53.
  const largest = Math.max(elementCount(shape), ...shape);
  if (largest <= TENSOR_ELEMENTS_MAX) return succeed(shape);
  const text = `this .npy file has more than ${TENSOR_ELEMENTS_MAX} elements`;
  return fail(failure('limit_exceeded', `${text}. ${remedy}.`));
}

function checkLength(header: NpyHeader, fileBytes: number): Outcome<NpyHeader> {
  const expected = header.dataOffset + tensorBytes(header);
  if (expected === fileBytes) return succeed(header);
  const what = `${header.dtype} [${header.shape.join(', ')}]`;
  const text = `${what} needs a file of ${expected} bytes, and this one has ${fileBytes}`;
  return malformed(`${text}: it was cut short or has something appended`);
}

function malformed(detail: string): Failed {
  const text = `this is not a sound .npy file: ${detail}`;
  return fail(failure('input_malformed', `${text}. Save it again with np.save.`));
}

function invalid(message: string): Failed {
  return fail(failure('input_invalid', message));
}
