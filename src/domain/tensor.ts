import { assertNever } from './assert.ts';
import type { ContentId } from './ids.ts';

/** Element types that tensors may have, named as in numpy. */
export const DTYPES = [
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
] as const;
export type DType = (typeof DTYPES)[number];

/** Row-major dimensions, outermost first; every dimension >= 0. A scalar is []. */
export type Shape = readonly number[];

/** A tensor whose bytes are here: little-endian, row-major, no padding. */
export type Tensor = { readonly dtype: DType; readonly shape: Shape; readonly bytes: Uint8Array };

/** A tensor by value or by reference. Bytes are little-endian, row-major, no padding. */
export type TensorRef = {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly source: TensorSource;
};
export type TensorSource =
  /** At most INLINE_TENSOR_BYTES_MAX. */
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /** `byteOffset` into the blob: a `.npy` file is a blob whose data begins behind its header. */
  | { readonly kind: 'blob'; readonly blob: ContentId<'blob'>; readonly byteOffset: number };

/** Half-open range of rows along dimension 0. */
export type RowRange = { readonly start: number; readonly end: number };

/** Bytes of one element. */
export function elementBytes(dtype: DType): number {
  switch (dtype) {
    case 'int8':
    case 'uint8':
    case 'bool':
      return 1;
    case 'int16':
    case 'uint16':
      return 2;
    case 'float32':
    case 'int32':
    case 'uint32':
      return 4;
    case 'float64':
    case 'int64':
    case 'uint64':
      return 8;
    default:
      return assertNever(dtype);
  }
}

/** Elements in a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  let product = 1;
  // Once or more a task: an index is cheaper than an iterator.
  for (let axis = 0; axis < shape.length; axis++) product *= shape[axis] ?? 1;
  return product;
}

/** Bytes that a tensor of this type and shape holds. */
export function tensorBytes(of: { dtype: DType; shape: Shape }): number {
  return elementBytes(of.dtype) * elementCount(of.shape);
}

/** Bytes of one row (everything but dimension 0); a scalar has one row. */
export function rowBytes(of: { dtype: DType; shape: Shape }): number {
  let bytes = elementBytes(of.dtype);
  for (let axis = 1; axis < of.shape.length; axis++) bytes *= of.shape[axis] ?? 1;
  return bytes;
}
