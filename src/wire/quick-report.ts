import { getTextEncoding } from '@bufbuild/protobuf/wire';
import { parseLeaseId, parseSessionId } from '../domain/ids.ts';
import {
  COMPUTE_MS_MAX,
  INLINE_TENSOR_BYTES_MAX,
  RESULTS_PER_REPORT_MAX,
  STAGE_TENSORS_MAX,
  TENSOR_ELEMENTS_MAX,
  TENSOR_RANK_MAX,
} from '../domain/limits.ts';
import { elementCount, tensorBytes, type TensorRef } from '../domain/tensor.ts';
import { backendFromWire } from './capability-wire.ts';
import type { ReceivedReport, ReceivedResult } from './report-wire.ts';
import { dtypeFromWire } from './tensor-wire.ts';

// Tags of protobuf: the field's number and, in the lowest three bits, 0 for a varint or 2 for
// bytes with their length before them.
const REPORT_SESSION_ID = 0x0a;
const REPORT_RESULTS = 0x12;
const RESULT_LEASE_ID = 0x0a;
const RESULT_OUTPUTS = 0x12;
const RESULT_COMPUTE_MS = 0x20;
const RESULT_BACKEND = 0x28;
const OUTPUTS_TENSORS = 0x0a;
const TENSOR_DTYPE = 0x08;
const TENSOR_SHAPE = 0x12;
const TENSOR_INLINE = 0x1a;

/**
 * Reads a report in one pass where it is one of inline outputs alone, each field once and in order,
 * as generated code writes it. Null for every other, good or bad, for the general parser and the
 * rules of the proto to decide.
 *
 * An attacker controls every byte. What this takes, they would take too and give the same.
 * Limits: as the rules in task.proto and tensor.proto.
 */
export function readQuickReport(bytes: Uint8Array): ReceivedReport | null {
  const cursor: Cursor = { bytes, at: 0, end: bytes.byteLength };
  if (!takeTag(cursor, REPORT_SESSION_ID)) return null;
  const session = parseSessionId(takeText(cursor));
  if (!session.ok) return null;
  const results: ReceivedResult[] = [];
  while (cursor.at < cursor.end) {
    if (!takeTag(cursor, REPORT_RESULTS) || results.length === RESULTS_PER_REPORT_MAX) return null;
    const result = within(cursor, takeResult);
    if (result === null) return null;
    results.push(result);
  }
  if (results.length === 0 || cursor.at !== cursor.end) return null;
  return { session: session.value, results };
}

/** Where the reading stands. A read that goes wrong sets `at` to NaN, which every check refuses. */
type Cursor = { readonly bytes: Uint8Array; at: number; end: number };

function takeResult(cursor: Cursor): ReceivedResult | null {
  if (!takeTag(cursor, RESULT_LEASE_ID)) return null;
  const lease = parseLeaseId(takeText(cursor));
  if (!lease.ok || !takeTag(cursor, RESULT_OUTPUTS)) return null;
  const output = within(cursor, takeOutputs);
  if (output === null) return null;
  // Zero is what is not written.
  const computeMs = takeTag(cursor, RESULT_COMPUTE_MS) ? takeVarint(cursor) : 0;
  if (!(computeMs <= COMPUTE_MS_MAX) || !takeTag(cursor, RESULT_BACKEND)) return null;
  const backend = backendFromWire(takeVarint(cursor));
  if (!backend.ok || cursor.at !== cursor.end) return null;
  return {
    lease: lease.value,
    result: { kind: 'output', output },
    computeMs,
    backend: backend.value,
  };
}

function takeOutputs(cursor: Cursor): TensorRef[] | null {
  const tensors: TensorRef[] = [];
  while (cursor.at < cursor.end) {
    if (!takeTag(cursor, OUTPUTS_TENSORS) || tensors.length === STAGE_TENSORS_MAX) return null;
    const tensor = within(cursor, takeTensor);
    if (tensor === null) return null;
    tensors.push(tensor);
  }
  return cursor.at === cursor.end ? tensors : null;
}

function takeTensor(cursor: Cursor): TensorRef | null {
  if (!takeTag(cursor, TENSOR_DTYPE)) return null;
  const dtype = dtypeFromWire(takeVarint(cursor));
  if (!dtype.ok) return null;
  const shape = takeTag(cursor, TENSOR_SHAPE) ? within(cursor, takeShape) : [];
  if (shape === null || !takeTag(cursor, TENSOR_INLINE)) return null;
  const bytes = takeBytes(cursor);
  if (cursor.at !== cursor.end || bytes.byteLength > INLINE_TENSOR_BYTES_MAX) return null;
  if (elementCount(shape) > TENSOR_ELEMENTS_MAX) return null;
  if (bytes.byteLength !== tensorBytes({ dtype: dtype.value, shape })) return null;
  return { dtype: dtype.value, shape, source: { kind: 'inline', bytes } };
}

function takeShape(cursor: Cursor): number[] | null {
  const shape: number[] = [];
  while (cursor.at < cursor.end) {
    const dimension = takeVarint(cursor);
    const isAllowed = dimension <= TENSOR_ELEMENTS_MAX && shape.length < TENSOR_RANK_MAX;
    if (!isAllowed) return null;
    shape.push(dimension);
  }
  return cursor.at === cursor.end ? shape : null;
}

/** Takes the next field's tag where it is this one; tags above one byte are none of ours. */
function takeTag(cursor: Cursor, tag: number): boolean {
  if (!(cursor.at < cursor.end) || cursor.bytes[cursor.at] !== tag) return false;
  cursor.at += 1;
  return true;
}

/** Reads a nested message of which all is taken. */
function within<T>(cursor: Cursor, take: (cursor: Cursor) => T | null): T | null {
  const outerEnd = cursor.end;
  const length = takeVarint(cursor);
  const end = cursor.at + length;
  if (!(end <= outerEnd)) return null;
  cursor.end = end;
  const taken = take(cursor);
  cursor.end = outerEnd;
  return taken;
}

/** The bytes themselves, not a copy; none where they would reach beyond the end. */
function takeBytes(cursor: Cursor): Uint8Array {
  const length = takeVarint(cursor);
  const start = cursor.at;
  cursor.at = start + length <= cursor.end ? start + length : Number.NaN;
  return cursor.bytes.subarray(start, cursor.at);
}

/** Ids are what is read so, one byte a character; other text gives none. */
function takeText(cursor: Cursor): string {
  const bytes = takeBytes(cursor);
  const text = getTextEncoding().decodeUtf8(bytes);
  return text.length === bytes.byteLength ? text : '';
}

/** NaN for what is above 2^49, is not there, or is longer than it need be. */
function takeVarint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
    const byte = cursor.at < cursor.end ? cursor.bytes[cursor.at] : undefined;
    if (byte === undefined) break;
    cursor.at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return byte === 0 && scale > 1 ? Number.NaN : value;
  }
  cursor.at = Number.NaN;
  return Number.NaN;
}
