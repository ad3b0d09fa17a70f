// The innermost loop of a product of blocks: a few rows x 2 vectors of columns, in registers.
import { multiplyAdd, ONES } from './product-word.as';

/**
 * Rows of a tile, and of a strip of packed words.
 *
 * As many as registers hold: V8 has 15 of them on x86-64. 6 x 2 sums, 2 vectors of columns and a
 * word fill them; of bytes by one instruction 5 x 2, because V8 sets a register aside for processors
 * without it; 4 x 2 is what is left where a product needs registers before it is added.
 * On a Zen 4 at 3.7 GHz, from the first-level cache, f32: 6 x 2 56 GFLOP/s, 5 x 2 53,
 * 4 x 2 51, 3 x 4 (spills) 27; i8 by pairs: 4 x 2 112 GOP/s, 6 x 2 108. Loops of two steps at a
 * time spill (5 x 2: 34 GFLOP/s), because V8 then loads ahead. On a Zen 5 at 1024^3, i8 by one
 * instruction: 5 x 2 193 GOP/s, 4 x 2 188, of 206 in registers alone.
 */
@inline
export function tileRows<T, D>(): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 4;
  if (isFloat<T>()) return 6;
  return sizeof<D>() == 4 ? 5 : 4;
}

/** Multiplies a packed strip by a packed panel into `out`, or onto what it holds. */
export function tile<T, D>(
  a: usize, b: usize, groups: i32, out: usize, stride: usize, first: bool,
): void {
  const ones = v128.load(ONES);
  let c00 = i32x4.splat(0), c01 = i32x4.splat(0);
  let c10 = i32x4.splat(0), c11 = i32x4.splat(0);
  let c20 = i32x4.splat(0), c21 = i32x4.splat(0);
  let c30 = i32x4.splat(0), c31 = i32x4.splat(0);
  let c40 = i32x4.splat(0), c41 = i32x4.splat(0);
  let c50 = i32x4.splat(0), c51 = i32x4.splat(0);
  const end = b + (<usize>groups << 5);
  for (; b < end; b += 32, a += <usize>tileRows<T, D>() << 2) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let left = v128.load32_splat(a);
    c00 = multiplyAdd<T, D>(left, b0, c00, ones);
    c01 = multiplyAdd<T, D>(left, b1, c01, ones);
    left = v128.load32_splat(a, 4);
    c10 = multiplyAdd<T, D>(left, b0, c10, ones);
    c11 = multiplyAdd<T, D>(left, b1, c11, ones);
    left = v128.load32_splat(a, 8);
    c20 = multiplyAdd<T, D>(left, b0, c20, ones);
    c21 = multiplyAdd<T, D>(left, b1, c21, ones);
    left = v128.load32_splat(a, 12);
    c30 = multiplyAdd<T, D>(left, b0, c30, ones);
    c31 = multiplyAdd<T, D>(left, b1, c31, ones);
    if (tileRows<T, D>() >= 5) {
      left = v128.load32_splat(a, 16);
      c40 = multiplyAdd<T, D>(left, b0, c40, ones);
      c41 = multiplyAdd<T, D>(left, b1, c41, ones);
    }
    if (tileRows<T, D>() == 6) {
      left = v128.load32_splat(a, 20);
      c50 = multiplyAdd<T, D>(left, b0, c50, ones);
      c51 = multiplyAdd<T, D>(left, b1, c51, ones);
    }
  }
  put<T>(out, c00, c01, first);
  put<T>(out + stride, c10, c11, first);
  put<T>(out + 2 * stride, c20, c21, first);
  put<T>(out + 3 * stride, c30, c31, first);
  if (tileRows<T, D>() >= 5) put<T>(out + 4 * stride, c40, c41, first);
  if (tileRows<T, D>() == 6) {
    put<T>(out + 5 * stride, c50, c51, first);
  }
}

/** Stores eight sums of one row, or adds them to those that are there. */
@inline
export function put<T>(out: usize, low: v128, high: v128, first: bool): void {
  if (!first) {
    low = v128.add<T>(v128.load(out), low);
    high = v128.add<T>(v128.load(out, 16), high);
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}
