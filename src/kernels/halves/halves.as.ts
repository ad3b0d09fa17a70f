// Packs f32 as f16, where that changes none of them: see halves.ts.

/** Numbers that are packed together: elements are counted in these. */
const TOGETHER: i32 = 8;
/** Bits of 2^-14, the least normal f16, and of 2^16, which is too large. */
const LEAST_NORMAL: i32 = 113 << 23;
const TOO_LARGE: i32 = 143 << 23;
/** What the exponents of a f32 are higher by. */
const BIAS: i32 = 112 << 23;
/** Bits of a f32's fraction that a normal f16 lacks. */
const CUT_BITS: i32 = 13;

/** Where memory is free for what is packed. */
export function halvesStart(): usize {
  return (__heap_base + 63) & ~63;
}

/**
 * Packs `count` f32, a multiple of 8, at `from` into as many f16 at `to`, which may be the same place.
 * Returns 1, or 0 as soon as a f16 does not hold one of them.
 */
export function packHalves(from: usize, to: usize, count: i32): i32 {
  for (let at = 0; at < count; at += TOGETHER) {
    const low = v128.load(from), high = v128.load(from, 16);
    const sizes = i32x4.min_s(magnitude(low), magnitude(high));
    let halfLow: v128, halfHigh: v128;
    // Few weights are subnormal as f16 or zero, and these take longer.
    if (v128.any_true(isSmall(sizes))) {
      if (v128.any_true(v128.or(changed(low), changed(high)))) return 0;
      halfLow = halves(low);
      halfHigh = halves(high);
    } else {
      const cut = v128.and(v128.or(low, high), i32x4.splat((1 << CUT_BITS) - 1));
      const largest = i32x4.max_s(magnitude(low), magnitude(high));
      if (v128.any_true(v128.or(cut, isTooLarge(largest)))) return 0;
      halfLow = v128.or(signs(low), ofNormal(magnitude(low)));
      halfHigh = v128.or(signs(high), ofNormal(magnitude(high)));
    }
    v128.store(to, i16x8.narrow_i32x4_u(halfLow, halfHigh));
    from += 4 * TOGETHER;
    to += 2 * TOGETHER;
  }
  return 1;
}

@inline
function magnitude(bits: v128): v128 {
  return v128.and(bits, i32x4.splat(0x7fffffff));
}

/** Lanes below the least normal f16, zeros among them. */
@inline
function isSmall(size: v128): v128 {
  return i32x4.lt_s(size, i32x4.splat(LEAST_NORMAL));
}

/** How many times 2^-24, the place of f16's subnormal numbers: whole where one of them holds it. */
@inline
function places(size: v128): v128 {
  return f32x4.mul(size, f32x4.splat(<f32>(1 << 24)));
}

@inline
function isTooLarge(size: v128): v128 {
  return i32x4.ge_s(size, i32x4.splat(TOO_LARGE));
}

@inline
function ofNormal(size: v128): v128 {
  return i32x4.shr_u(i32x4.sub(size, i32x4.splat(BIAS)), CUT_BITS);
}

/** The sign of each lane where a f16 has it. */
@inline
function signs(bits: v128): v128 {
  return v128.and(i32x4.shr_u(bits, 16), i32x4.splat(0x8000));
}

/** Lanes that a f16 does not hold are not zero. */
@inline
function changed(bits: v128): v128 {
  const size = magnitude(bits);
  const ofSmall = f32x4.ne(f32x4.trunc(places(size)), places(size));
  const ofOthers = v128.or(v128.and(size, i32x4.splat((1 << CUT_BITS) - 1)), isTooLarge(size));
  return v128.bitselect(ofSmall, ofOthers, isSmall(size));
}

/** The f16 in the low half of each lane, with its sign, of what is not changed by it. */
@inline
function halves(bits: v128): v128 {
  const size = magnitude(bits);
  const ofSmall = i32x4.trunc_sat_f32x4_s(places(size));
  return v128.or(signs(bits), v128.bitselect(ofSmall, ofNormal(size), isSmall(size)));
}
