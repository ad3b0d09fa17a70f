import type { DType, Shape, Tensor } from '../domain/tensor.ts';

/** The elements of a float32 tensor; a copy where its bytes are not aligned. */
export function float32View(tensor: Tensor): Float32Array {
  const bytes = aligned(tensor.bytes);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
}

/** The elements of an int32 tensor; a copy where its bytes are not aligned. */
export function int32View(tensor: Tensor): Int32Array {
  const bytes = aligned(tensor.bytes);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
}

/** The elements of an int8 tensor. */
export function int8View(tensor: Tensor): Int8Array {
  const { buffer, byteOffset, byteLength } = tensor.bytes;
  return new Int8Array(buffer, byteOffset, byteLength);
}

/** A tensor over an array's bytes, without a copy. */
export function tensorOver(of: {
  dtype: DType;
  shape: Shape;
  values: Float32Array | Int32Array | Int8Array | Uint8Array;
}): Tensor {
  const { buffer, byteOffset, byteLength } = of.values;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return { dtype: of.dtype, shape: of.shape, bytes };
}

/** The whole 4-byte words at the front of these bytes. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}
