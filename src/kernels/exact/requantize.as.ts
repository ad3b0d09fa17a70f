// As fixed-point.ts, four at a time.

/** round(sum * multiplier / 2^(15 + shift)); half is 2^(shift - 1). */
// @ts-ignore: decorator
@inline
export function requantize4(sum: v128, multiplier: v128, half: v128, shift: i32): v128 {
  const high = i32x4.mul(i32x4.shr_s(sum, 15), multiplier);
  const low = i32x4.mul(v128.and(sum, i32x4.splat(0x7fff)), multiplier);
  const quotient = i32x4.add(high, i32x4.shr_u(low, 15));
  return i32x4.shr_s(i32x4.add(quotient, half), shift);
}

// @ts-ignore: decorator
@inline
export function clamp4(value: v128, low: i32, high: i32): v128 {
  return i32x4.min_s(i32x4.max_s(value, i32x4.splat(low)), i32x4.splat(high));
}

/** Sixteen numbers of 0..127 as bytes. */
// @ts-ignore: decorator
@inline
export function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}
