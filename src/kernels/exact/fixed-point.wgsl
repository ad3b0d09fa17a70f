// As fixed-point.ts.

struct Frame {
  rows: u32,
  position: u32,
}

fn roundShift(value: i32, shift: u32) -> i32 {
  // In u32, because a half of 2^31 is to be positive.
  return (value + i32((1u << shift) >> 1u)) >> shift;
}

fn requantize(sum: i32, multiplier: i32, shift: u32) -> i32 {
  let high = (sum >> 15u) * multiplier;
  let low = ((sum & 0x7fff) * multiplier) >> 15u;
  return roundShift(high + low, shift);
}

fn integerRoot(value: u32) -> u32 {
  var root = 0u;
  for (var bit = 1u << 15u; bit > 0u; bit >>= 1u) {
    let next = root + bit;
    if (next * next <= value) {
      root = next;
    }
  }
  return root;
}

fn bytesOf(values: vec4i) -> u32 {
  let bytes = vec4u(values) & vec4u(0xffu);
  return bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
}

fn signedBytes(word: u32) -> vec4i {
  let bits = bitcast<i32>(word);
  return vec4i(
    extractBits(bits, 0u, 8u),
    extractBits(bits, 8u, 8u),
    extractBits(bits, 16u, 8u),
    extractBits(bits, 24u, 8u),
  );
}
