// Sizes of the finite elements of f32 arrays: what tolerances scale with. Infinities and NaN are
// left out, because an operator's result from them does not come with a rounding error.

/** Largest 1-norm and 2-norm among some rows or columns. */
export type Norms = { readonly sum: number; readonly euclidean: number };

/** Largest |x|; 0 of none. */
export function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  // By index: what iterates costs ten times as much, and checks look at millions of elements.
  for (let index = 0; index < values.length; index++) {
    const magnitude = Math.abs(values[index] ?? 0);
    if (magnitude > largest && magnitude !== Infinity) largest = magnitude;
  }
  return largest;
}

/** Smallest |x|; Infinity of none. */
export function smallestMagnitude(values: Float32Array): number {
  let smallest = Infinity;
  for (const value of values) smallest = Math.min(smallest, finiteMagnitude(value, Infinity));
  return smallest;
}

/** Norms of the rows of [m, columns]. */
export function rowNorms(values: Float32Array, columns: number): Norms {
  let [sum, square] = [0, 0];
  for (let first = 0; first < values.length; first += columns) {
    let [rowSum, rowSquare] = [0, 0];
    for (let index = first; index < first + columns; index++) {
      const magnitude = finiteMagnitude(values[index] ?? 0, 0);
      rowSum += magnitude;
      rowSquare += magnitude * magnitude;
    }
    if (rowSum > sum) sum = rowSum;
    if (rowSquare > square) square = rowSquare;
  }
  return { sum, euclidean: Math.sqrt(square) };
}

/** Norms of the columns of [k, columns]. */
export function columnNorms(values: Float32Array, columns: number): Norms {
  const sums = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (let first = 0; first < values.length; first += columns) {
    for (let column = 0; column < columns; column++) {
      const magnitude = finiteMagnitude(values[first + column] ?? 0, 0);
      sums[column] = (sums[column] ?? 0) + magnitude;
      squares[column] = (squares[column] ?? 0) + magnitude * magnitude;
    }
  }
  return { sum: highest(sums), euclidean: Math.sqrt(highest(squares)) };
}

/** Sums of magnitudes over the middle axis of [outer, count, inner]. */
export function sliceSums(
  values: Float32Array,
  { outer, count, inner }: { outer: number; count: number; inner: number },
): Float64Array {
  const sums = new Float64Array(outer * inner);
  let index = 0;
  for (let block = 0; block < outer; block++) {
    for (let step = 0; step < count; step++) {
      for (let slot = block * inner; slot < (block + 1) * inner; slot++, index++) {
        sums[slot] = (sums[slot] ?? 0) + finiteMagnitude(values[index] ?? 0, 0);
      }
    }
  }
  return sums;
}

/** The highest of some numbers >= 0; 0 of none. */
export function highest(values: Float64Array): number {
  return values.reduce((high, value) => Math.max(high, value), 0);
}

function finiteMagnitude(value: number, otherwise: number): number {
  return Number.isFinite(value) ? Math.abs(value) : otherwise;
}
