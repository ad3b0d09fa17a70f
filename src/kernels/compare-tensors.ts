import { assert } from '../domain/assert.ts';
import { elementBytes, type DType, type Tensor } from '../domain/tensor.ts';
import { FLOAT32_MAX } from './float32.ts';
import { float32View } from './tensor-view.ts';
import type { Tolerance } from './tolerance.ts';

/** What comparing two tensors found. */
export type Comparison =
  /** `worst`: the largest error as a share of what was allowed. */
  | { readonly kind: 'equal'; readonly worst: number }
  /** The first element that differs, by its row-major index. */
  | {
      readonly kind: 'different';
      readonly index: number;
      readonly expected: number;
      readonly actual: number;
      readonly allowed: number;
    };

/**
 * Compares two tensors of one type and shape: float32 and float64 within a tolerance, all other
 * types bit for bit.
 *
 * NaN equals NaN only, and zeros of both signs are equal. An infinity equals the largest finite
 * numbers as far as the tolerance reaches, because rounding may tip a number over.
 */
export function compareTensors(of: {
  expected: Tensor;
  actual: Tensor;
  tolerance: Tolerance;
}): Comparison {
  const { expected, actual, tolerance } = of;
  const sameShape = expected.shape.join() === actual.shape.join();
  assert(sameShape && expected.dtype === actual.dtype, 'tensors compared have one type and shape');
  const size = elementBytes(expected.dtype);
  const floats = expected.dtype === 'float32' || expected.dtype === 'float64';
  if (!floats) return compareBytes({ expected, actual, size });
  const left = floatsOf(expected);
  const right = floatsOf(actual);
  let worst = 0;
  for (let index = 0; index < left.length; index++) {
    if (left[index] === right[index]) continue;
    const pair = { expected: left[index] ?? NaN, actual: right[index] ?? NaN };
    const share = errorShare(pair, tolerance);
    if (!(share <= 1)) {
      const allowed = tolerance.absolute + tolerance.relative * Math.abs(pair.expected);
      return { kind: 'different', index, ...pair, allowed };
    }
    if (share > worst) worst = share;
  }
  return { kind: 'equal', worst };
}

/** The error over what is allowed: at most 1 where a pair is equal, NaN or more where not. */
export function errorShare(
  { expected, actual }: { expected: number; actual: number },
  { absolute, relative, overflows }: Tolerance,
): number {
  if (expected === actual || (expected !== expected && actual !== actual)) return 0;
  if (overflows && !Number.isFinite(actual) && expected === expected) return 0;
  if (absolute === 0 && relative === 0) return Infinity;
  const from = bounded(expected);
  return Math.abs(bounded(actual) - from) / (absolute + relative * Math.abs(from));
}

function bounded(x: number): number {
  if (x === Infinity) return FLOAT32_MAX;
  return x === -Infinity ? -FLOAT32_MAX : x;
}

function compareBytes(of: { expected: Tensor; actual: Tensor; size: number }): Comparison {
  const left = of.expected.bytes;
  const right = of.actual.bytes;
  for (let at = 0; at < left.length; at++) {
    if (left[at] === right[at]) continue;
    const index = Math.floor(at / of.size);
    const pair = { expected: element(of.expected, index), actual: element(of.actual, index) };
    return { kind: 'different', index, ...pair, allowed: 0 };
  }
  return { kind: 'equal', worst: 0 };
}

function floatsOf(tensor: Tensor): Float32Array | Float64Array {
  if (tensor.dtype === 'float32') return float32View(tensor);
  return new Float64Array(tensor.bytes.slice().buffer);
}

const READERS: Readonly<Record<DType, (view: DataView, at: number) => number>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  uint64: (view, at) => Number(view.getBigUint64(at, true)),
  bool: (view, at) => view.getUint8(at),
};

/** An element by its row-major index, as near as a number here comes to it. */
export function element({ dtype, bytes }: Tensor, index: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return READERS[dtype](view, index * elementBytes(dtype));
}
