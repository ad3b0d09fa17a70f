import type { Tensor } from '../domain/tensor.ts';

/** The modulus of exact projections: 2^31 - 1, a prime. */
export const PRIME = 2 ** 31 - 1;

/** Sums that a float projection makes of each row at once. */
export const FLOAT_LISTS = 4;

/** Some columns of an f32 matrix, and FLOAT_LISTS lists of f64 factors for them, one after another. */
export type FloatGroup = {
  readonly columns: { readonly start: number; readonly end: number };
  readonly factors: Float64Array;
};

/** Sums of magnitudes and of squares, of rows or of columns. */
export type Sizes = { readonly magnitudes: Float64Array; readonly squares: Float64Array };

/**
 * Multiplies matrices by a few vectors: what a product is checked by without computing it.
 *
 * Matrices are row-major tensors [rows, columns]. Lists of factors are known by identity: they must
 * not change once they were used.
 */
export type Projector = {
  /**
   * matrix (uint8 <= 127, int8 or int32) times factors in (-PRIME/2, PRIME/2), modulo PRIME: one
   * residue in 0..PRIME-1 for each row.
   *
   * Of an int32 matrix also the largest magnitude of an element; where that is above
   * `magnitudeMax` the residues are without meaning.
   */
  exact(
    matrix: Tensor,
    by: { readonly factors: Int32Array; readonly magnitudeMax: number },
  ): { readonly residues: Uint32Array; readonly largest: number };
  /**
   * f32 matrix times each group's lists, in f64: sums [rows, groups, FLOAT_LISTS].
   *
   * A row with a NaN or an infinity in a group has a sum there that is not finite. `sizes` are of
   * rows or columns, as asked for; empty for 'none'.
   */
  floats(
    matrix: Tensor,
    by: { readonly groups: readonly FloatGroup[]; readonly sizes: 'rows' | 'columns' | 'none' },
  ): { readonly sums: Float64Array; readonly sizes: Sizes };
};
