import type { Tensor } from '../../domain/tensor.ts';
import { float32View, int32View, int8View } from '../tensor-view.ts';
import type { ColumnSizes, FloatGroup } from './projection.ts';

const PRIME = 2n ** 31n - 1n;

/** Integer rows times factors, modulo 2^31 - 1, and the largest magnitude of an element. */
export function exactReference(
  matrix: Tensor,
  { factors }: { factors: Int32Array },
): { residues: Uint32Array; largest: number } {
  const [rows = 0, columns = 0] = matrix.shape;
  const elements = integersOf(matrix);
  let largest = 0;
  const residues = Uint32Array.from({ length: rows }, (_, row) => {
    let sum = 0n;
    for (let column = 0; column < columns; column++) {
      const element = elements[row * columns + column] ?? 0;
      largest = Math.max(largest, Math.abs(element));
      sum += BigInt(element) * BigInt(factors[column] ?? 0);
    }
    return Number(((sum % PRIME) + PRIME) % PRIME);
  });
  return { residues, largest };
}

/** f32 rows times lists of f64 factors, and the squares of the first group's columns. */
export function floatsReference(
  matrix: Tensor,
  { groups }: { groups: readonly FloatGroup[] },
): { sums: Float64Array; squares: Float64Array } {
  const [rows = 0, stride = 0] = matrix.shape;
  const elements = float32View(matrix);
  const sums: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (const { columns, factors } of groups) {
      const count = columns.end - columns.start;
      for (let list = 0; list < 4; list++) {
        let sum = 0;
        for (let column = 0; column < count; column++) {
          const element = elements[row * stride + columns.start + column] ?? NaN;
          sum += element * (factors[list * count + column] ?? NaN);
        }
        sums.push(sum);
      }
    }
  }
  const { start = 0, end = 0 } = groups[0]?.columns ?? {};
  const squares = Float64Array.from({ length: rows }, (_, row) => {
    const taken = elements.subarray(row * stride + start, row * stride + end);
    return taken.reduce((sum, element) => sum + element * element, 0);
  });
  return { sums: Float64Array.from(sums), squares };
}

/** Sums over the rows of an f32 matrix, in f64. */
export function columnSizesReference(matrix: Tensor): ColumnSizes {
  const [rows = 0, columns = 0] = matrix.shape;
  const elements = float32View(matrix);
  const over = (size: (element: number) => number): Float64Array =>
    Float64Array.from({ length: columns }, (_, column) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += size(elements[row * columns + column] ?? NaN);
      return sum;
    });
  return { sums: over((x) => x), magnitudes: over(Math.abs), squares: over((x) => x * x) };
}

function integersOf(matrix: Tensor): Int32Array | Int8Array | Uint8Array {
  if (matrix.dtype === 'int32') return int32View(matrix);
  return matrix.dtype === 'int8' ? int8View(matrix) : matrix.bytes;
}
