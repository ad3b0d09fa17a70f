// What the products take as one word, and how they multiply one vector of words by another.
//
// A word has 4 bytes. Of the left matrix it is one f32, or the next SPAN elements of a row (4 bytes
// with relaxed SIMD, 2 sixteen-bit ones without it); of the right matrix, the same stretch of a
// column.
//
// T is what a product sums in: f32 or i32. D is what a dot product of bytes is first summed in: i32,
// by one relaxed instruction, or pairs in i16, which two more instructions then widen. The pairs
// cannot overflow: 2 * 127 * 128 < 2^15. Both give the same bits, and which is faster is the
// processor's: with AVX-VNNI or Arm's dot products the one instruction is one indeed; without them
// V8 makes five of it, two of which only make a constant.

/** Sixteen-bit ones. Loaded, because V8 makes a constant anew at each use. */
export const ONES: usize = memory.data<i16>([1, 1, 1, 1, 1, 1, 1, 1], 16);

/** Elements of k in one word. */
@inline
export function span<T>(): i32 {
  if (isFloat<T>()) return 1;
  return ASC_FEATURE_RELAXED_SIMD ? 4 : 2;
}

/** Bytes of one element of the operands. */
@inline
export function sourceBytes<T>(): usize {
  return isFloat<T>() ? 4 : 1;
}

/** sum + a * b in each lane; a lane is a whole word. `ones` is what lies at ONES. */
@inline
export function multiplyAdd<T, D>(a: v128, b: v128, sum: v128, ones: v128): v128 {
  if (isFloat<T>()) {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
    return f32x4.add(f32x4.mul(a, b), sum);
  } else {
    if (!ASC_FEATURE_RELAXED_SIMD) return i32x4.add(i32x4.dot_i16x8_s(a, b), sum);
    // The left elements are in 0..127: then every engine gives the same bits.
    if (sizeof<D>() == 4) return i32x4.relaxed_dot_i8x16_i7x16_add_s(b, a, sum);
    const pairs = i16x8.relaxed_dot_i8x16_i7x16_s(b, a);
    return i32x4.add(i32x4.dot_i16x8_s(pairs, ones), sum);
  }
}

/** The word that begins at `from`, its elements `step` bytes apart, `left` of them present. */
@inline
export function word<T>(from: usize, step: usize, left: i32): u32 {
  if (isFloat<T>()) return left > 0 ? load<u32>(from) : 0;
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (step == 1 && left >= 4) return load<u32>(from);
    let bytes: u32 = 0;
    for (let index = 0; index < min(4, left); index++) {
      bytes |= <u32>load<u8>(from + <usize>index * step) << (index << 3);
    }
    return bytes;
  }
  const low: u32 = left > 0 ? <u32>load<i8>(from) & 0xffff : 0;
  const high: u32 = left > 1 ? <u32>load<i8>(from + step) << 16 : 0;
  return low | high;
}

/** The lower eight bytes of both, in turn. */
@inline
export function zipLowBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** The upper eight bytes of both, in turn. */
@inline
export function zipHighBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** The lower four pairs of bytes of both, in turn. */
@inline
export function zipLowPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The upper four pairs of bytes of both, in turn. */
@inline
export function zipHighPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
