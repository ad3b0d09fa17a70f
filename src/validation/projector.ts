import type { Tensor } from '../domain/tensor.ts';

/** The modulus of exact projections: 2^31 - 1, a prime. */
export const PRIME = 2 ** 31 - 1;

/** Sums that a float projection makes of each row at once. */
export const FLOAT_LISTS = 4;

/**
 * Significant bits of a float factor: its products with f32 are then exact in f64, so that sums have
 * the same bits on every machine, and whoever makes a check again looks at the same rows.
 */
export const FACTOR_BITS = 29;

/** Some columns of an f32 matrix, and FLOAT_LISTS lists of f64 factors for them, one after another. */
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
   * f32 matrix times each group's lists, of FACTOR_BITS bits, in f64: sums [rows, groups, FLOAT_LISTS].
   *
   * A row with a NaN or an infinity in a group has a sum there that is not finite. `squares`, where
   * asked for, are each row's sum of squares, of the columns of the first group; else it is empty.
   */
  floats(
    matrix: Tensor,
    by: { readonly groups: readonly FloatGroup[]; readonly squares: boolean },
  ): { readonly sums: Float64Array; readonly squares: Float64Array };
  /** Of an f32 matrix, in f64. */
  columnSizes(matrix: Tensor): ColumnSizes;
};
