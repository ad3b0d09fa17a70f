// What the two projections take and give; validation's `Projector` is made of them.

/** Some columns of an f32 matrix, and four lists of f64 factors for them, one after another. */
export type FloatGroup = {
  readonly columns: { readonly start: number; readonly end: number };
  readonly factors: Float64Array;
};

/** Of each column: the sum of its elements, of their magnitudes, and of their squares. */
export type ColumnSizes = {
  readonly sums: Float64Array;
  readonly magnitudes: Float64Array;
  readonly squares: Float64Array;
};
