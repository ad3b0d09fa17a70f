// The right matrix of a product of floats as it comes: an element a word.
const ABREAST = 1u;

@group(0) @binding(2) var<storage, read> right: array<f32>;

fn rightWords(depth: u32, columns: vec4u) -> vec4f {
  return vec4f(
    rightWord(depth, columns.x),
    rightWord(depth, columns.y),
    rightWord(depth, columns.z),
    rightWord(depth, columns.w),
  );
}

fn rightWord(depth: u32, column: u32) -> f32 {
  if (depth >= sizes.k || column >= sizes.n) {
    return 0.0;
  }
  return right[depth * sizes.n + column];
}
