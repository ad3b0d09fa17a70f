import { elementBytes, elementCount, type Tensor } from '../domain/tensor.ts';
import type { RowTolerance } from '../validation/index.ts';
import { compareTensors, type Tolerance } from '../kernels/index.ts';
import { tensorRows } from './row-slice.ts';

/** A row that differs, by its number within the tensors compared. */
export type RowDifference = {
  readonly row: number;
  readonly element: number;
  readonly expected: number;
  readonly actual: number;
};

/**
 * The first row of two tensors of one type and shape that differs by more than a tolerance
 * allows; null where all agree. `times` widens it: two results may both err.
 */
export function firstDifferentRow(of: {
  readonly expected: Tensor;
  readonly actual: Tensor;
  readonly tolerance: RowTolerance;
  readonly times: 1 | 2;
}): RowDifference | null {
  const { expected, actual, times } = of;
  const rowCount = expected.shape[0] ?? 0;
  for (let row = 0; row < rowCount; row++) {
    const range = { start: row, end: row + 1 };
    const expectedRow = tensorRows(expected, range);
    const tolerance = widened(of.tolerance, { row: expectedRow, times });
    const found = compareTensors({
      expected: expectedRow,
      actual: tensorRows(actual, range),
      tolerance,
    });
    if (found.kind === 'equal') continue;
    return { row, element: found.index, expected: found.expected, actual: found.actual };
  }
  return null;
}

function widened(
  { relative, scaled, floor }: RowTolerance,
  { row, times }: { row: Tensor; times: number },
): Tolerance {
  const absolute = floor + scaled * largestMagnitude(row);
  return { absolute: times * absolute, relative: times * relative, overflows: false };
}

/** The largest finite |x| of a float tensor; 0 for other types, which are compared bit for bit. */
function largestMagnitude(row: Tensor): number {
  if (row.dtype !== 'float32' && row.dtype !== 'float64') return 0;
  const view = new DataView(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength);
  const count = elementCount(row.shape);
  const size = elementBytes(row.dtype);
  let largest = 0;
  for (let index = 0; index < count; index++) {
    const at = index * size;
    const value = Math.abs(size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
    if (value > largest && value !== Infinity) largest = value;
  }
  return largest;
}
