import { KERNEL_THREADS_MAX } from '../../domain/limits.ts';
import { tensorBytes, type Tensor } from '../../domain/tensor.ts';
import { copyColumns, shapeOfColumns, type ColumnRange } from '../column-range.ts';
import type { OperatorCall } from '../kernels.ts';

/** A product that was checked, with room for its result. */
export type Product = {
  readonly call: OperatorCall;
  readonly left: Tensor;
  readonly right: Tensor;
  readonly result: Tensor;
};

/**
 * Columns of a product as a product of its own, in memory that threads share.
 *
 * `signals` has two words: the number of the last product whose operands lie there, which the thread
 * that cuts sets, and of the last whose result does, which the one that helps sets.
 */
export type SharedPart = Product & {
  readonly columns: ColumnRange;
  readonly signals: Int32Array<SharedArrayBuffer>;
};

/** The words of `signals`. */
export const FILLED = 0;
export const DONE = 1;

/** Whole lines of the caches, which two threads do not write at once. Bytes. */
const LINE_BYTES = 64;
/** Room for the signals of every thread there may be. Bytes. */
const SIGNALS_BYTES = KERNEL_THREADS_MAX * LINE_BYTES;

/** How much shared memory parts of a product take. */
export function sharedBytes(product: Product, parts: readonly ColumnRange[]): number {
  const sizes = parts.flatMap((columns) => [
    aligned(tensorBytes(shapeOfColumns(product.right, columns))),
    aligned(tensorBytes(shapeOfColumns(product.result, columns))),
  ]);
  return sizes.reduce(
    (sum, bytes) => sum + bytes,
    SIGNALS_BYTES + aligned(tensorBytes(product.left)),
  );
}

/** Places parts of a product in shared memory; `fillParts` brings the operands. */
export function sharedParts(
  { call, left, right, result }: Product,
  { memory, parts }: { readonly memory: SharedArrayBuffer; readonly parts: readonly ColumnRange[] },
): readonly SharedPart[] {
  // Where nothing but signals ever lies: operands must not be taken for them.
  let free = SIGNALS_BYTES;
  const placed = (tensor: Tensor): Tensor => {
    const bytes = new Uint8Array(memory, free, tensorBytes(tensor));
    free += aligned(bytes.byteLength);
    return { ...tensor, bytes };
  };
  const sharedLeft = placed(left);
  return parts.map((columns, index) => {
    const ofRight = placed(shapeOfColumns(right, columns));
    return {
      call: { ...call, inputs: [sharedLeft, ofRight] },
      left: sharedLeft,
      right: ofRight,
      result: placed(shapeOfColumns(result, columns)),
      columns,
      signals: new Int32Array(memory, index * LINE_BYTES, 2),
    };
  });
}

/** Brings the operands of parts, and tells the threads that they are there. */
export function fillParts(
  { left, right }: Product,
  { parts, turn }: { readonly parts: readonly SharedPart[]; readonly turn: number },
): void {
  parts[0]?.left.bytes.set(left.bytes);
  for (const { right: shared, columns, signals } of parts) {
    const rows = { start: 0, end: right.shape[0] ?? 0 };
    copyColumns({ matrix: right, columns, rows, together: shared.bytes, to: 'together' });
    Atomics.store(signals, FILLED, turn);
    Atomics.notify(signals, FILLED);
  }
}

/** Copies the result of a part to its columns of the whole. */
export function takePart({ result }: Product, { result: shared, columns }: SharedPart): void {
  const rows = { start: 0, end: result.shape[0] ?? 0 };
  copyColumns({ matrix: result, columns, rows, together: shared.bytes, to: 'matrix' });
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}
