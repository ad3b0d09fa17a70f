import type { Tensor } from '../../domain/tensor.ts';
import { float32View, int32View, int8View } from '../tensor-view.ts';
import type { FloatGroup, Sizes } from './projection.ts';

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

/** f32 rows times lists of f64 factors, and the sizes of rows or columns. */
export function floatsReference(
  matrix: Tensor,
  { groups, sizes }: { groups: readonly FloatGroup[]; sizes: 'rows' | 'columns' | 'none' },
): { sums: Float64Array; sizes: Sizes } {
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
  const slots = { none: 0, rows, columns: stride }[sizes];
  const magnitudes = new Float64Array(slots);
  const squares = new Float64Array(slots);
  if (slots > 0) {
    for (const [index, element] of elements.entries()) {
      const slot = sizes === 'rows' ? Math.floor(index / stride) : index % stride;
      magnitudes[slot] = (magnitudes[slot] ?? 0) + Math.abs(element);
      squares[slot] = (squares[slot] ?? 0) + element * element;
    }
  }
  return { sums: Float64Array.from(sums), sizes: { magnitudes, squares } };
}

function integersOf(matrix: Tensor): Int32Array | Int8Array | Uint8Array {
  if (matrix.dtype === 'int32') return int32View(matrix);
  return matrix.dtype === 'int8' ? int8View(matrix) : matrix.bytes;
}
