import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { elementsOf, largestOf } from './elements.ts';

const RANK_MAX = 2;
const ITERATIONS = 8;
/** A matrix that this rank describes so well is left: share of its largest number. */
const CLOSE_SHARE = 1e-4;

/**
 * The nearest matrix of rank one or two: what a fake that saves work would look like.
 *
 * The rank is below the full one. Null where a rank so low describes the tensor, taken as
 * [rows, all else], truly.
 * Source: the power method with deflation (Golub and Van Loan 2013, section 8.2).
 */
export function lowRank(tensor: Tensor, random: RandomStream): Tensor | null {
  const elements = elementsOf(tensor);
  const { rows, columns, count, isFloat } = elements;
  const rank = Math.min(RANK_MAX, rows - 1, columns - 1);
  if (rank < 1) return null;
  const rest = Float64Array.from({ length: count }, (_, index) => finite(elements.at(index)));
  const largest = largestOf(elements);
  for (let step = 0; step < rank; step++) takeOut(rest, { rows, columns, random });
  let farthest = 0;
  for (let index = 0; index < count; index++) {
    const off = rest[index] ?? 0;
    farthest = Math.max(farthest, Math.abs(off));
    const value = elements.at(index) - off;
    elements.put(index, isFloat ? value : Math.round(value));
  }
  return farthest <= CLOSE_SHARE * largest ? null : elements.tensor();
}

/** Subtracts the strongest product of a column and a row. */
function takeOut(
  rest: Float64Array,
  of: { readonly rows: number; readonly columns: number; readonly random: RandomStream },
): void {
  const { rows, columns, random } = of;
  const right = Float64Array.from({ length: columns }, () => random.nextUnit() - 0.5);
  const left = new Float64Array(rows);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    unify(right);
    left.fill(0);
    for (let index = 0, row = 0; row < rows; row++) {
      let sum = 0;
      for (let column = 0; column < columns; column++, index++) {
        sum += (rest[index] ?? 0) * (right[column] ?? 0);
      }
      left[row] = sum;
    }
    if (iteration === ITERATIONS - 1) break;
    right.fill(0);
    for (let index = 0, row = 0; row < rows; row++) {
      const weight = left[row] ?? 0;
      for (let column = 0; column < columns; column++, index++) {
        right[column] = (right[column] ?? 0) + weight * (rest[index] ?? 0);
      }
    }
  }
  for (let index = 0, row = 0; row < rows; row++) {
    const weight = left[row] ?? 0;
    for (let column = 0; column < columns; column++, index++) {
      rest[index] = (rest[index] ?? 0) - weight * (right[column] ?? 0);
    }
  }
}

/** Scales to length one; zeros stay. */
function unify(vector: Float64Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return;
  const factor = 1 / Math.sqrt(squares);
  for (const [index, value] of vector.entries()) vector[index] = value * factor;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
