import { blockProduct } from '../block-product.as';
import { rowProduct } from '../row-product.as';

/** f32 [m,k] x [k,n] -> f32 [m,n], a slab of the right matrix at a time: see `blockProduct`. */
export function matmul(
  a: usize, b: usize, c: usize, m: i32, k: i32, n: i32, depth: i32, depths: i32,
): void {
  blockProduct<f32, f32>(a, b, c, m, k, n, depth, depths);
}

/** The same for few rows: see `rowProduct`. */
export function matmulRows(
  a: usize, b: usize, c: usize, partial: usize,
  m: i32, k: i32, n: i32, depth: i32, depths: i32,
): void {
  rowProduct<f32, f32>(a, b, c, partial, m, k, n, depth, depths);
}
