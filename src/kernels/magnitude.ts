// Sizes of the finite elements of f32 arrays: what tolerances scale with. Infinities and NaN are
// left out, because an operator's result from them does not come with a rounding error.

/** Largest 1-norm and 2-norm among some rows or columns. */
export type Norms = { readonly sum: number; readonly euclidean: number };

/** Largest |x|; 0 of none. */
export function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (const value of values) {
    const magnitude = Math.abs(value);
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
  const rows = columns === 0 ? 0 : values.length / columns;
  return normsOf(values, { slots: rows, slotOf: (index) => Math.floor(index / columns) });
}

/** Norms of the columns of [k, columns]. */
export function columnNorms(values: Float32Array, columns: number): Norms {
  return normsOf(values, { slots: columns, slotOf: (index) => index % columns });
}

/** Sums of magnitudes over the middle axis of [outer, count, inner]. */
export function sliceSums(
  values: Float32Array,
  { outer, count, inner }: { outer: number; count: number; inner: number },
): Float64Array {
  const sums = new Float64Array(outer * inner);
  const block = count * inner;
  for (let index = 0; index < values.length; index++) {
    const slot = Math.floor(index / block) * inner + (index % inner);
    sums[slot] = (sums[slot] ?? 0) + finiteMagnitude(values[index] ?? 0, 0);
  }
  return sums;
}

/** The highest of some numbers >= 0; 0 of none. */
export function highest(values: Float64Array): number {
  return values.reduce((high, value) => Math.max(high, value), 0);
}

function normsOf(
  values: Float32Array,
  { slots, slotOf }: { slots: number; slotOf: (index: number) => number },
): Norms {
  const sums = new Float64Array(slots);
  const squares = new Float64Array(slots);
  for (let index = 0; index < values.length; index++) {
    const slot = slotOf(index);
    const magnitude = finiteMagnitude(values[index] ?? 0, 0);
    sums[slot] = (sums[slot] ?? 0) + magnitude;
    squares[slot] = (squares[slot] ?? 0) + magnitude * magnitude;
  }
  return { sum: highest(sums), euclidean: Math.sqrt(highest(squares)) };
}

function finiteMagnitude(value: number, otherwise: number): number {
  return Number.isFinite(value) ? Math.abs(value) : otherwise;
}
