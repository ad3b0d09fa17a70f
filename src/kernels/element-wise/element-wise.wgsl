// out[index] = left[index] OP right[index % rightCount]; operations are numbered as in
// ELEMENT_WISE (element-wise.ts).

struct Sizes {
  operation: u32,
  count: u32,
  rightCount: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = flatIndex(id, sizes.rowWidth);
  if (index < sizes.count) {
    result[index] = apply(left[index], right[index % sizes.rightCount]);
  }
}

fn apply(a: u32, b: u32) -> u32 {
  let x = bitcast<f32>(a);
  let y = bitcast<f32>(b);
  switch sizes.operation {
    case 0u: {
      return bitcast<u32>(x + y);
    }
    case 1u: {
      return bitcast<u32>(x - y);
    }
    case 2u: {
      return bitcast<u32>(flushed(a) * flushed(b));
    }
    case 3u: {
      return quotient(a, b);
    }
    case 4u: {
      return fromOrder(max(toOrder(a), toOrder(b)));
    }
    default: {
      if (isNan(a) || isNan(b)) {
        return NAN_BITS;
      }
      return fromOrder(min(toOrder(a), toOrder(b)));
    }
  }
}

// Subnormal operands of products and quotients count as zero.
fn flushed(bits: u32) -> f32 {
  return bitcast<f32>(select(bits, bits & SIGN_BIT, isTiny(bits)));
}

// WGSL bounds the error of a quotient only for divisors of 2^-126..2^126: the divisor is scaled
// into the middle first.
fn quotient(a: u32, b: u32) -> u32 {
  let sign = (a ^ b) & SIGN_BIT;
  if (isNan(a) || isNan(b) || (isTiny(a) && isTiny(b)) || (isInfinite(a) && isInfinite(b))) {
    return NAN_BITS;
  }
  if (isTiny(b) || isInfinite(a)) {
    return sign | INFINITY_BITS;
  }
  if (isTiny(a) || isInfinite(b)) {
    return sign;
  }
  let x = bitcast<f32>(a);
  let y = bitcast<f32>(b);
  if (abs(y) > 0x1p64f) {
    return bitcast<u32>(x / (y * 0x1p-64f) * 0x1p-64f);
  }
  if (abs(y) < 0x1p-64f) {
    return bitcast<u32>(x / (y * 0x1p64f) * 0x1p64f);
  }
  return bitcast<u32>(x / y);
}
