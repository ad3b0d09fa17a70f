import { blockProduct } from '../block-product.as';

/** f32 [m,k] x [k,n] -> f32 [m,n]. */
export function matmul(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32): void {
  blockProduct<f32>(a, b, c, m, k, n);
}
