// result[index] = OP(input[index]); operations are numbered as in UNARY (unary.ts). The formulas
// are those of unary.as.ts: WGSL's own tanh, exp and log promise less.

struct Sizes {
  operation: u32,
  count: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = flatIndex(id, sizes.rowWidth);
  if (index < sizes.count) {
    let bits = input[index];
    result[index] = select(apply(bits), NAN_BITS, isNan(bits));
  }
}

fn apply(bits: u32) -> u32 {
  let x = bitcast<f32>(bits);
  switch sizes.operation {
    case 0u: {
      return select(bits, 0u, bits >= SIGN_BIT);
    }
    case 1u: {
      return tanhOf(bits);
    }
    case 2u: {
      return bitcast<u32>(sigmoidOf(x));
    }
    case 3u: {
      return expOf(x);
    }
    case 4u: {
      return logOf(bits);
    }
    case 5u: {
      let near = clamp(x, -16.0f, 16.0f);
      return gated(bits, near * (near * near * GELU_CUBE + GELU_SCALE));
    }
    default: {
      return gated(bits, x);
    }
  }
}

fn expOf(x: f32) -> u32 {
  // Above this, which is the logarithm of the largest f32, results are infinite.
  if (x > 88.7228394f) {
    return INFINITY_BITS;
  }
  return bitcast<u32>(boundedExp(max(x, -105.0f)));
}

// e / (1 + e) with e = exp(-|x|), or 1 / (1 + e): never overflows.
fn sigmoidOf(x: f32) -> f32 {
  let e = boundedExp(max(-abs(x), -105.0f));
  return select(1.0f, e, x < 0.0f) / (1.0f + e);
}

// 2 sqrt(2 / pi), and the same times 0.044715: the tanh form of gelu, in one exponential.
const GELU_SCALE = 1.5957691216057308f;
const GELU_CUBE = 0.07135481627260025f;

// x sigmoid(gate); of infinities their limits.
fn gated(bits: u32, gate: f32) -> u32 {
  if (isInfinite(bits)) {
    return select(bits, 0u, bits >= SIGN_BIT);
  }
  // The gate of numbers below -128 is zero.
  return bitcast<u32>(max(bitcast<f32>(bits), -128.0f) * sigmoidOf(gate));
}

// t / (t + 2) with t = e^2|x| - 1, taken without cancellation; exactly 1 from 10 on.
fn tanhOf(bits: u32) -> u32 {
  let magnitude = bitcast<f32>(bits & ~SIGN_BIT);
  let twice = min(magnitude, 10.0f) * 2.0f;
  let n = round(twice * LOG2_E);
  let power = twoTo(i32(n));
  let t = power * smallExpMinusOne(twice, n) + (power - 1.0f);
  return bitcast<u32>(t / (t + 2.0f)) | (bits & SIGN_BIT);
}

// e ln 2 + 2 atanh(s), with x = (1 + f) 2^e, 1 + f in sqrt(1/2)..sqrt(2), and s = f / (2 + f).
fn logOf(bits: u32) -> u32 {
  if (isTiny(bits)) {
    return SIGN_BIT | INFINITY_BITS;
  }
  if (bits >= SIGN_BIT) {
    return NAN_BITS;
  }
  if (isInfinite(bits)) {
    return bits;
  }
  // 0x3f3504f3 is sqrt(1/2): subtracting its distance from 1 moves the boundary of the exponent.
  let shifted = bits - 0x3f3504f3u;
  let e = f32(bitcast<i32>(shifted) >> 23u);
  let f = bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  let s = f / (2.0f + f);
  let z = s * s;
  var series = f32(2.0 / 11.0);
  series = series * z + f32(2.0 / 9.0);
  series = series * z + f32(2.0 / 7.0);
  series = series * z + f32(2.0 / 5.0);
  series = series * z + f32(2.0 / 3.0);
  return bitcast<u32>((e * LN2_LOW + (series * z * s + 2.0f * s)) + e * LN2_HIGH);
}
