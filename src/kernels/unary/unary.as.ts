// Operations are numbered as in UNARY (unary.ts): 0 relu, 1 tanh, 2 sigmoid, 3 exp, 4 log,
// 5 gelu, 6 silu.
// The same formulas as unary.wgsl; unary-cases.ts and tolerance.ts hold both to the reference.

/** out[i] = OP(from[i]). */
export function unary(operation: i32, from: usize, out: usize, count: i32): void {
  for (; count >= 4; count -= 4, from += 16, out += 16) {
    v128.store(out, apply(operation, v128.load(from)));
  }
  for (; count > 0; count--, from += 4, out += 4) {
    v128.store_lane<i32>(out, apply(operation, v128.load32_zero(from)), 0);
  }
}

@inline
function apply(operation: i32, x: v128): v128 {
  switch (operation) {
    case 0: return f32x4.max(x, f32x4.splat(0));
    case 1: return tanh(x);
    case 2: return sigmoid(x);
    case 3: return exp(x);
    case 4: return log(x);
    case 5: return gelu(x);
    default: return silu(x);
  }
}

@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), sum);
}

const LOG2_E: f32 = 1.4426950408889634;
/** ln 2 in two parts; the first has 9 bits, so that its product with a whole number is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444005469058e-4;

/** The whole number n for which x = n ln 2 + r with |r| <= ln 2 / 2. */
@inline
function powerOf(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(x, f32x4.splat(LOG2_E)));
}

/** e^r - 1, where r = x - n ln 2: the Taylor series to r^7 / 7!, below 2^-26 of error. */
@inline
function smallExpMinusOne(x: v128, n: v128): v128 {
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let series = f32x4.splat(<f32>(1.0 / 5040));
  series = multiplyAdd(series, r, f32x4.splat(<f32>(1.0 / 720)));
  series = multiplyAdd(series, r, f32x4.splat(<f32>(1.0 / 120)));
  series = multiplyAdd(series, r, f32x4.splat(<f32>(1.0 / 24)));
  series = multiplyAdd(series, r, f32x4.splat(<f32>(1.0 / 6)));
  series = multiplyAdd(series, r, f32x4.splat(0.5));
  return multiplyAdd(f32x4.mul(series, r), r, r);
}

/** 2^n for whole n in -126..127. */
@inline
function twoTo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** Of NaN: NaN. Above the largest finite: Infinity. */
export function exp(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(-105)), f32x4.splat(90));
  const n = powerOf(bounded);
  const y = f32x4.add(smallExpMinusOne(bounded, n), f32x4.splat(1));
  // In two steps, because 2^n alone may lie outside the normal numbers.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(y, twoTo(half)), twoTo(i32x4.sub(whole, half)));
}

/** e / (1 + e) with e = exp(-|x|), or 1 / (1 + e): never overflows. */
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const top = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(one, e));
}

/** t / (t + 2) with t = e^2|x| - 1, taken without cancellation; exactly 1 from 10 on. */
function tanh(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const twice = f32x4.min(f32x4.mul(f32x4.abs(x), f32x4.splat(2)), f32x4.splat(20));
  const n = powerOf(twice);
  const power = twoTo(i32x4.trunc_sat_f32x4_s(n));
  const t = f32x4.add(
    f32x4.mul(power, smallExpMinusOne(twice, n)),
    f32x4.sub(power, f32x4.splat(1)),
  );
  return v128.or(f32x4.div(t, f32x4.add(t, f32x4.splat(2))), sign);
}

/** 2 sqrt(2 / pi), and the same times 0.044715. */
const GELU_SCALE: f32 = 1.5957691216057308;
const GELU_CUBE: f32 = 0.07135481627260025;

/** x sigmoid(x (GELU_SCALE + GELU_CUBE x^2)): the tanh form, in one exponential. */
function gelu(x: v128): v128 {
  // From here on the gate is 0 or 1: and squares stay finite.
  const near = f32x4.min(f32x4.max(x, f32x4.splat(-16)), f32x4.splat(16));
  const slope = multiplyAdd(
    f32x4.mul(near, near),
    f32x4.splat(GELU_CUBE),
    f32x4.splat(GELU_SCALE),
  );
  return gated(x, f32x4.mul(near, slope));
}

function silu(x: v128): v128 {
  return gated(x, x);
}

/** x sigmoid(gate), where the gate of numbers below -128 is zero: so -Infinity gives zero too. */
@inline
function gated(x: v128, gate: v128): v128 {
  return f32x4.mul(f32x4.max(x, f32x4.splat(-128)), sigmoid(gate));
}

/**
 * e ln 2 + 2 atanh(s), with x = (1 + f) 2^e, 1 + f in sqrt(1/2)..sqrt(2), and s = f / (2 + f).
 *
 * Of zero or a subnormal: -Infinity. Below zero: NaN.
 */
function log(x: v128): v128 {
  // 0x3f3504f3 is sqrt(1/2): subtracting its distance from 1 moves the boundary of the exponent.
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
  const mantissa = i32x4.add(
    v128.and(shifted, i32x4.splat(0x007fffff)),
    i32x4.splat(0x3f3504f3),
  );
  const f = f32x4.sub(mantissa, f32x4.splat(1));
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let series = f32x4.splat(<f32>(2.0 / 11));
  series = multiplyAdd(series, z, f32x4.splat(<f32>(2.0 / 9)));
  series = multiplyAdd(series, z, f32x4.splat(<f32>(2.0 / 7)));
  series = multiplyAdd(series, z, f32x4.splat(<f32>(2.0 / 5)));
  series = multiplyAdd(series, z, f32x4.splat(<f32>(2.0 / 3)));
  series = multiplyAdd(f32x4.mul(series, z), s, f32x4.add(s, s));
  const result = f32x4.add(
    multiplyAdd(e, f32x4.splat(LN2_LOW), series),
    f32x4.mul(e, f32x4.splat(LN2_HIGH)),
  );
  return logOfSpecial(x, result);
}

@inline
function logOfSpecial(x: v128, otherwise: v128): v128 {
  const infinity = i32x4.splat(0x7f800000);
  const normal = i32x4.ge_u(v128.and(x, i32x4.splat(0x7fffffff)), i32x4.splat(0x00800000));
  const negative = i32x4.lt_s(x, i32x4.splat(0));
  const finite = i32x4.lt_s(x, infinity);
  // Infinity and NaN are their own logarithm; all below zero have none.
  let result = v128.bitselect(otherwise, x, finite);
  result = v128.bitselect(i32x4.splat(0x7fc00000), result, negative);
  return v128.bitselect(result, i32x4.splat(0xff800000), normal);
}
