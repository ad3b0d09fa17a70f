import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { failure } from '../domain/failure.ts';
import { parseContentId } from '../domain/ids.ts';
import { INLINE_TENSOR_BYTES_MAX, TENSOR_ELEMENTS_MAX, TENSOR_RANK_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import {
  elementCount,
  tensorBytes,
  type DType,
  type Shape,
  type TensorRef,
  type TensorSource,
} from '../domain/tensor.ts';
import type { BlobRef, NamedTensor } from '../domain/work.ts';
import {
  BlobRefSchema,
  DType as WireDType,
  NamedTensorSchema,
  TensorRefSchema,
  type BlobRef as WireBlobRef,
  type NamedTensor as WireNamedTensor,
  type TensorRef as WireTensorRef,
} from './gen/manyhands/tensors/v1/tensor_pb.ts';
import { nameTable } from './name-table.ts';
import { numberFromWide } from './wide-integer.ts';

const DTYPE = nameTable<DType, WireDType>({
  float32: WireDType.FLOAT32,
  float64: WireDType.FLOAT64,
  int8: WireDType.INT8,
  uint8: WireDType.UINT8,
  int16: WireDType.INT16,
  uint16: WireDType.UINT16,
  int32: WireDType.INT32,
  uint32: WireDType.UINT32,
  int64: WireDType.INT64,
  uint64: WireDType.UINT64,
  bool: WireDType.BOOL,
});

export function dtypeToWire(dtype: DType): WireDType {
  return DTYPE.toWire(dtype);
}

export function dtypeFromWire(value: number): Outcome<DType> {
  const dtype = DTYPE.fromWire(value);
  return dtype === null
    ? fail(failure('input_invalid', `element type ${value} is not known here`))
    : succeed(dtype);
}

export function shapeToWire(shape: Shape): bigint[] {
  return shape.map(BigInt);
}

/** Errors: input_invalid, limit_exceeded (rank, dimensions, elements). */
export function shapeFromWire(dimensions: readonly bigint[]): Outcome<Shape> {
  if (dimensions.length > TENSOR_RANK_MAX) {
    return fail(failure('limit_exceeded', `a tensor has at most ${TENSOR_RANK_MAX} dimensions`));
  }
  const shape: number[] = [];
  for (const dimension of dimensions) {
    const parsed = numberFromWide(dimension, 'a dimension');
    if (!parsed.ok) return parsed;
    shape.push(parsed.value);
  }
  if (elementCount(shape) > TENSOR_ELEMENTS_MAX) {
    return fail(failure('limit_exceeded', `a tensor has at most ${TENSOR_ELEMENTS_MAX} elements`));
  }
  return succeed(shape);
}

export function blobRefToWire(ref: BlobRef): WireBlobRef {
  return create(BlobRefSchema, { contentId: ref.blob, byteLength: BigInt(ref.byteLength) });
}

export function blobRefFromWire(message: WireBlobRef | undefined): Outcome<BlobRef> {
  if (message === undefined) return fail(failure('input_malformed', 'a blob reference is missing'));
  const blob = parseContentId<'blob'>(message.contentId);
  if (!blob.ok) return blob;
  const byteLength = numberFromWide(message.byteLength, 'byte_length');
  if (!byteLength.ok) return byteLength;
  return succeed({ blob: blob.value, byteLength: byteLength.value });
}

export function tensorRefToWire(ref: TensorRef): WireTensorRef {
  return create(TensorRefSchema, {
    dtype: DTYPE.toWire(ref.dtype),
    shape: shapeToWire(ref.shape),
    source: sourceToWire(ref.source),
  });
}

/** Errors: input_malformed, input_invalid, limit_exceeded, shape_mismatch (inline length). */
export function tensorRefFromWire(message: WireTensorRef | undefined): Outcome<TensorRef> {
  if (message === undefined) return fail(failure('input_malformed', 'a tensor is missing'));
  const dtype = dtypeFromWire(message.dtype);
  if (!dtype.ok) return dtype;
  const shape = shapeFromWire(message.shape);
  if (!shape.ok) return shape;
  const source = sourceFromWire(message, tensorBytes({ dtype: dtype.value, shape: shape.value }));
  if (!source.ok) return source;
  return succeed({ dtype: dtype.value, shape: shape.value, source: source.value });
}

export function namedTensorToWire(named: NamedTensor): WireNamedTensor {
  return create(NamedTensorSchema, { name: named.name, tensor: tensorRefToWire(named.tensor) });
}

export function namedTensorFromWire(message: WireNamedTensor): Outcome<NamedTensor> {
  const tensor = tensorRefFromWire(message.tensor);
  return tensor.ok ? succeed({ name: message.name, tensor: tensor.value }) : tensor;
}

function sourceToWire(
  source: TensorSource,
): NonNullable<MessageInitShape<typeof TensorRefSchema>['source']> {
  return source.kind === 'inline'
    ? { case: 'inline', value: source.bytes }
    : {
        case: 'blob',
        value: { contentId: source.blob, byteOffset: BigInt(source.byteOffset) },
      };
}

function sourceFromWire(message: WireTensorRef, expectedBytes: number): Outcome<TensorSource> {
  const { source } = message;
  if (source.case === 'inline') {
    // Attacker-controlled length: it must agree with the shape that it claims.
    if (source.value.byteLength > INLINE_TENSOR_BYTES_MAX) {
      return fail(failure('limit_exceeded', 'an inline tensor holds at most 64 KiB: send a blob'));
    }
    if (source.value.byteLength !== expectedBytes) {
      return fail(
        failure(
          'shape_mismatch',
          `a tensor of ${expectedBytes} bytes by its shape carries ${source.value.byteLength}`,
        ),
      );
    }
    return succeed({ kind: 'inline', bytes: source.value });
  }
  if (source.case === 'blob') {
    const blob = parseContentId<'blob'>(source.value.contentId);
    if (!blob.ok) return blob;
    const byteOffset = numberFromWide(source.value.byteOffset, 'byte_offset');
    if (!byteOffset.ok) return byteOffset;
    return succeed({ kind: 'blob', blob: blob.value, byteOffset: byteOffset.value });
  }
  return fail(failure('input_malformed', 'a tensor has neither bytes nor a blob'));
}
