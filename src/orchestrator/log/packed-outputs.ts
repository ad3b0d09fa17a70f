// Outputs of one report as one run of bytes. Little-endian:
//
//   u32 count | u32 offset of each record and of the end | records
//   record  u8 tensor count | tensors
//   tensor  u8 dtype | u8 rank | f64 each dimension | u8 source
//           source 0: u32 byte length | bytes        source 1: 59 characters | f64 byte offset
//
// Packing one output of a few bytes takes 0.03 us, its CBOR 1.2 us: there is one for each task.
import { assert } from '../../domain/assert.ts';
import type { ContentId } from '../../domain/ids.ts';
import type { DType, TensorRef } from '../../domain/tensor.ts';
import type { TaskOutput } from '../../domain/work.ts';

/** By the number that stands for it: only ever added to. */
const DTYPES: readonly DType[] = [
  'float32',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
];
const INLINE = 0;
const BLOB = 1;
const CONTENT_ID_CHARS = 59;

/** Packs outputs, in order, into bytes of exactly their size. */
export function packOutputs(outputs: readonly TaskOutput[]): Uint8Array {
  let size = 4 + 4 * (outputs.length + 1);
  for (const output of outputs) {
    size += 1;
    for (const tensor of output) size += sizeOf(tensor);
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, outputs.length, true);
  let at = 4 + 4 * (outputs.length + 1);
  for (const [index, output] of outputs.entries()) {
    view.setUint32(4 + 4 * index, at, true);
    bytes[at] = output.length;
    at += 1;
    for (const tensor of output) at = writeTensor(tensor, { bytes, view, at });
  }
  view.setUint32(4 + 4 * outputs.length, at, true);
  return bytes;
}

/** The bytes of one output among those of its report. */
export function recordAt(packed: Uint8Array, index: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  assert(index < view.getUint32(0, true), `the report has an output ${index}`);
  const start = view.getUint32(4 + 4 * index, true);
  return packed.subarray(start, view.getUint32(8 + 4 * index, true));
}

/** Reads one output; its inline tensors are views of `record`. */
export function outputFromRecord(record: Uint8Array): TaskOutput {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const tensors: TensorRef[] = [];
  let at = 1;
  for (let left = view.getUint8(0); left > 0; left--) {
    const dtype = DTYPES[view.getUint8(at)];
    assert(dtype !== undefined, 'the store holds types that are known');
    const rank = view.getUint8(at + 1);
    at += 2;
    const shape: number[] = [];
    for (; shape.length < rank; at += 8) shape.push(view.getFloat64(at, true));
    const kind = view.getUint8(at);
    at += 1;
    if (kind === INLINE) {
      const end = at + 4 + view.getUint32(at, true);
      tensors.push({
        dtype,
        shape,
        source: { kind: 'inline', bytes: record.subarray(at + 4, end) },
      });
      at = end;
    } else {
      const text = String.fromCharCode(...record.subarray(at, at + CONTENT_ID_CHARS));
      at += CONTENT_ID_CHARS;
      // Packed from a content id.
      const blob = text as ContentId<'blob'>;
      tensors.push({
        dtype,
        shape,
        source: { kind: 'blob', blob, byteOffset: view.getFloat64(at, true) },
      });
      at += 8;
    }
  }
  return tensors;
}

function sizeOf({ shape, source }: TensorRef): number {
  const head = 3 + 8 * shape.length;
  return head + (source.kind === 'inline' ? 4 + source.bytes.byteLength : CONTENT_ID_CHARS + 8);
}

/** Gives where the next one begins. */
function writeTensor(
  { dtype, shape, source }: TensorRef,
  to: { readonly bytes: Uint8Array; readonly view: DataView; readonly at: number },
): number {
  const { bytes, view } = to;
  let { at } = to;
  bytes[at] = DTYPES.indexOf(dtype);
  bytes[at + 1] = shape.length;
  at += 2;
  for (const dimension of shape) {
    view.setFloat64(at, dimension, true);
    at += 8;
  }
  if (source.kind === 'blob') {
    bytes[at] = BLOB;
    for (let index = 0; index < CONTENT_ID_CHARS; index++) {
      bytes[at + 1 + index] = source.blob.charCodeAt(index);
    }
    view.setFloat64(at + 1 + CONTENT_ID_CHARS, source.byteOffset, true);
    return at + 9 + CONTENT_ID_CHARS;
  }
  const { byteLength } = source.bytes;
  bytes[at] = INLINE;
  view.setUint32(at + 1, byteLength, true);
  copyBytes(source.bytes, bytes, at + 5);
  return at + 5 + byteLength;
}

/** A few bytes are sooner copied one by one than by a call out of JavaScript. */
function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  if (from.byteLength > 64) return to.set(from, at);
  for (let index = 0; index < from.byteLength; index++) to[at + index] = from[index] ?? 0;
}
