// The right matrix of a product of floats in halves: two neighbouring columns a word, as f16, which
// hold it exactly (halves/halves.ts). So a product has the same bits as of the matrix as it came.
//
// By integers, because unpack2x16float may take f16's subnormal numbers for zero.
const ABREAST = 2u;

@group(0) @binding(2) var<storage, read> right: array<u32>;

// Of columns that are neighbours in pairs, the first of which is even.
fn rightWords(depth: u32, columns: vec4u) -> vec4f {
  return vec4f(columnPair(depth, columns.x), columnPair(depth, columns.z));
}

fn columnPair(depth: u32, column: u32) -> vec2f {
  if (depth >= sizes.k || column >= sizes.n) {
    return vec2f();
  }
  let word = right[depth * ((sizes.n + 1u) / 2u) + column / 2u];
  return asFloats(vec2u(word & 0xffffu, word >> 16u));
}

// A normal f16 needs a larger exponent and more places; a subnormal one counts 2^-24.
fn asFloats(halves: vec2u) -> vec2f {
  let size = halves & vec2u(0x7fffu);
  let normal = bitcast<vec2f>((size << vec2u(13u)) + vec2u(112u << 23u));
  let value = select(normal, vec2f(size) * 0x1p-24f, size < vec2u(0x400u));
  return bitcast<vec2f>(bitcast<vec2u>(value) | ((halves & vec2u(0x8000u)) << vec2u(16u)));
}
