import { blockProduct } from '../block-product.as';
import { sumWholeDots } from '../exact/product/product.as';
import { rowProduct } from '../row-product.as';

/** Whether dot products are summed by pairs first, see product-word.as.ts; the bits are the same. */
let byPairs: bool = false;

/** Chooses how dot products of bytes are computed from now on. */
export function sumByPairs(chosen: bool): void {
  byPairs = chosen;
  sumWholeDots(!chosen);
}

/**
 * u8 in 0..127 [m,k] x i8 [k,n] -> i32 [m,n], exact while k <= QMATMUL_INNER_MAX; a slab of the
 * right matrix at a time: see `blockProduct`.
 */
export function qmatmul(
  a: usize, b: usize, c: usize, m: i32, k: i32, n: i32, depth: i32, depths: i32,
): void {
  if (ASC_FEATURE_RELAXED_SIMD && byPairs) {
    blockProduct<i32, i16>(a, b, c, m, k, n, depth, depths);
  } else {
    blockProduct<i32, i32>(a, b, c, m, k, n, depth, depths);
  }
}

/** The same for few rows: see `rowProduct`. */
export function qmatmulRows(
  a: usize, b: usize, c: usize, m: i32, k: i32, n: i32, depth: i32, depths: i32,
): void {
  if (ASC_FEATURE_RELAXED_SIMD && byPairs) {
    rowProduct<i32, i16>(a, b, c, c, m, k, n, depth, depths);
  } else {
    rowProduct<i32, i32>(a, b, c, c, m, k, n, depth, depths);
  }
}
