// e^x of finite numbers, as WASM has it (unary.as.ts): WGSL's own exp promises less.

// ln 2 in two parts; the first has 9 bits, so that its product with a whole number is exact.
const LN2_HIGH = 0.693359375f;
const LN2_LOW = -2.1219444005469058e-4f;
const LOG2_E = 1.4426950408889634f;

// e^r - 1, where r = x - n ln 2: the Taylor series to r^7 / 7!, below 2^-26 of error.
fn smallExpMinusOne(x: f32, n: f32) -> f32 {
  let r = (x - n * LN2_HIGH) - n * LN2_LOW;
  var series = f32(1.0 / 5040.0);
  series = series * r + f32(1.0 / 720.0);
  series = series * r + f32(1.0 / 120.0);
  series = series * r + f32(1.0 / 24.0);
  series = series * r + f32(1.0 / 6.0);
  series = series * r + 0.5f;
  return series * r * r + r;
}

// 2^n for whole n in -126..127.
fn twoTo(n: i32) -> f32 {
  return bitcast<f32>(u32(n + 127) << 23u);
}

// For x in -105..88.73, where the result is finite.
fn boundedExp(x: f32) -> f32 {
  let n = round(x * LOG2_E);
  let y = smallExpMinusOne(x, n) + 1.0f;
  // In two steps, because 2^n alone may lie outside the normal numbers.
  let half = i32(n) >> 1u;
  return y * twoTo(half) * twoTo(i32(n) - half);
}

// e^(x - highest), where highest is finite.
fn expBelow(bits: u32, highest: u32) -> f32 {
  if (isInfinite(bits)) {
    return 0.0f;
  }
  // Halves, because the distance itself may be above the largest number.
  let half = bitcast<f32>(bits) * 0.5f - bitcast<f32>(highest) * 0.5f;
  return boundedExp(max(half, -52.5f) * 2.0f);
}

