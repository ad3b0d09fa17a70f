import type { Tensor as OrtTensor } from 'onnxruntime-web';
import { failure } from '../domain/failure.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  DTYPES,
  elementBytes,
  elementCount,
  tensorBytes,
  type DType,
  type Tensor,
} from '../domain/tensor.ts';

/** ONNX Runtime's constructor of tensors, of whichever package. */
export type OrtTensorConstructor = new (
  type: OrtTensor.Type,
  data: OrtTensor.DataType,
  dims: readonly number[],
) => OrtTensor;

/** The array class that ONNX Runtime wants for each element type. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/**
 * A tensor as ONNX Runtime takes it, over the same bytes where they are aligned.
 *
 * Errors: shape_mismatch (bytes that do not fill the shape).
 */
export function tensorToOrt(tensor: Tensor, Constructor: OrtTensorConstructor): Outcome<OrtTensor> {
  const { dtype, shape, bytes } = tensor;
  if (bytes.byteLength !== tensorBytes(tensor)) {
    const sizes = `${bytes.byteLength} bytes instead of ${tensorBytes(tensor)}`;
    return fail(failure('shape_mismatch', `a ${dtype} [${shape.join(',')}] tensor has ${sizes}`));
  }
  const size = elementBytes(dtype);
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  // ONNX Runtime copies what it is fed, and that out of shared memory as well.
  const data = new ARRAYS[dtype](buffer as ArrayBuffer, byteOffset, bytes.byteLength / size);
  return succeed(new Constructor(dtype, data, shape));
}

/**
 * A tensor out of ONNX Runtime, over the same bytes where they are its own alone.
 *
 * Errors: execution_failed (a type that tensors here cannot have, or data that is not here).
 */
export function tensorFromOrt(name: string, tensor: OrtTensor): Outcome<Tensor> {
  const dtype = dtypeOf(tensor.type);
  const { data } = tensor;
  if (dtype === null || !ArrayBuffer.isView(data)) {
    return fail(failure('execution_failed', `output "${name}" is ${tensor.type}: ${TYPES_REMEDY}`));
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const shape = tensor.dims;
  if (bytes.byteLength !== elementBytes(dtype) * elementCount(shape)) {
    return fail(failure('execution_failed', `output "${name}" does not fill its shape`));
  }
  return succeed({ dtype, shape, bytes });
}

/** The element type here of one in ONNX Runtime; null where there is none. */
export function dtypeOf(type: string): DType | null {
  return DTYPES.find((dtype) => dtype === type) ?? null;
}

export const TYPES_REMEDY = `export the model with one of ${DTYPES.join(', ')}`;
