import { scratchStart } from '../block-product.as';
import { pack, product, ACTIVATE } from '../exact/product/product.as';
import { packRight } from '../product-pack.as';

/**
 * u8 in 0..127 [m,k] x i8 [k,n], requantized and looked up -> u8 [m,n]; `shift` is an address too.
 *
 * k is a multiple of 16, n of 8. `packed` has room for k * n bytes.
 */
export function qlinear(
  x: usize, w: usize, bias: usize, multipliers: usize, shift: usize, activation: usize, out: usize,
  m: i32, k: i32, n: i32, packed: usize,
): void {
  // With relaxed SIMD both kinds of panels are the same, and this packs many bytes at a time.
  if (ASC_FEATURE_RELAXED_SIMD) packRight<i32>(w, n, k, n, k >> 2, packed);
  else pack(w, k, n, packed, 0);
  product(
    x, k, m, k, packed, <usize>k << 3, 0, n,
    bias, multipliers, load<i32>(shift), ACTIVATE, activation, out, n, scratchStart(),
  );
}
