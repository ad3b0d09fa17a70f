// What the two projections take and give; validation's `Projector` is made of them.

/** Some columns of an f32 matrix, and four lists of f64 factors for them, one after another. */
export type FloatGroup = {
  readonly columns: { readonly start: number; readonly end: number };
  readonly factors: Float64Array;
};

/** Sums of magnitudes and of squares, of rows or of columns. */
export type Sizes = { readonly magnitudes: Float64Array; readonly squares: Float64Array };
