import { readFileSync, writeFileSync } from 'node:fs';
import type { DType, Shape } from '../../src/domain/tensor.ts';
import type { RowTolerance } from '../../src/validation/index.ts';
import { encodeNpyHeader, parseNpyHeader } from '../../src/data/index.ts';
import { certain } from './client.ts';

/** A `.npy` file in memory. */
export type ArrayFile = {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly bytes: Uint8Array<ArrayBuffer>;
};

/** Reads a whole `.npy` file. */
export function readArray(path: string): ArrayFile {
  const file = readFileSync(path);
  const { dtype, shape, dataOffset } = certain(parseNpyHeader(file, file.byteLength));
  return { dtype, shape, bytes: new Uint8Array(file.subarray(dataOffset)) };
}

/** Writes a `.npy` file. */
export function writeArray(path: string, array: ArrayFile): void {
  writeFileSync(path, Buffer.concat([encodeNpyHeader(array), array.bytes]));
}

/** The elements of a float32 array. */
export function floatsOf(array: ArrayFile): Float32Array {
  if (array.dtype !== 'float32') throw new Error(`expected float32, found ${array.dtype}`);
  return new Float32Array(array.bytes.buffer);
}

/** The elements of an int32 array. */
export function integersOf(array: ArrayFile): Int32Array {
  if (array.dtype !== 'int32') throw new Error(`expected int32, found ${array.dtype}`);
  return new Int32Array(array.bytes.buffer);
}

/** How many digits the scores [rows, 10] name as the labels do. */
export function countRight(scores: Float32Array, labels: Uint8Array): number {
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    const of = scores.subarray(row * 10, row * 10 + 10);
    let best = 0;
    for (let digit = 1; digit < 10; digit++) {
      if ((of[digit] ?? -Infinity) > (of[best] ?? -Infinity)) best = digit;
    }
    if (best === labels[row]) right++;
  }
  return right;
}

/**
 * The largest error over what the tolerance allows it, row by row; at most 1 is within.
 *
 * Rows of `rowLength` elements, as the tolerance defines them.
 */
export function worstOverTolerance(
  ours: Float32Array,
  theirs: Float32Array,
  of: { readonly rowLength: number; readonly tolerance: RowTolerance },
): number {
  if (ours.length !== theirs.length) return Infinity;
  const { relative, scaled, floor } = of.tolerance;
  let worst = 0;
  for (let start = 0; start < theirs.length; start += of.rowLength) {
    const row = theirs.subarray(start, start + of.rowLength);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    row.forEach((value, index) => {
      const error = Math.abs((ours[start + index] ?? NaN) - value);
      const over = error / (relative * Math.abs(value) + scaled * largest + floor);
      // Not a number is the worst there is.
      if (!(over <= worst)) worst = Number.isNaN(over) ? Infinity : over;
    });
  }
  return worst;
}
