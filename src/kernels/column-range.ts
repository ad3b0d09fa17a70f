import { elementBytes, type Tensor } from '../domain/tensor.ts';

/** Half-open range of columns of a matrix. */
export type ColumnRange = { readonly start: number; readonly end: number };

/** All columns of a matrix. */
export function allColumns({ shape }: Tensor): ColumnRange {
  return { start: 0, end: shape[1] ?? 0 };
}

/** A matrix of these columns, over no bytes. */
export function shapeOfColumns({ dtype, shape }: Tensor, { start, end }: ColumnRange): Tensor {
  return { dtype, shape: [shape[0] ?? 0, end - start], bytes: new Uint8Array() };
}

/** Copies columns of rows `from` to `to`, of a matrix to where they lie without the others, or back. */
export function copyColumns(of: {
  readonly matrix: Tensor;
  readonly columns: ColumnRange;
  readonly rows: { readonly start: number; readonly end: number };
  /** Where the rows' columns are together. */
  readonly together: Uint8Array;
  readonly to: 'matrix' | 'together';
}): void {
  const { matrix, columns, rows, together, to } = of;
  const size = elementBytes(matrix.dtype);
  const pitch = (matrix.shape[1] ?? 0) * size;
  const [left, right] = [columns.start * size, columns.end * size];
  // Whole rows are one stretch.
  const [count, wide] =
    left === 0 && right === pitch ? [1, rows.end - rows.start] : [rows.end - rows.start, 1];
  const width = (right - left) * wide;
  for (let row = 0; row < count; row++) {
    const from = (rows.start + row) * pitch + left;
    const at = row * width;
    if (to === 'matrix') matrix.bytes.set(together.subarray(at, at + width), from);
    else together.set(matrix.bytes.subarray(from, from + width), at);
  }
}
