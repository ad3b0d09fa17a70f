import { blockProduct } from '../block-product.as';

/** u8 in 0..127 [m,k] x i8 [k,n] -> i32 [m,n], exact while k <= QMATMUL_INNER_MAX. */
export function qmatmul(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32): void {
  blockProduct<i32>(a, b, c, m, k, n);
}
