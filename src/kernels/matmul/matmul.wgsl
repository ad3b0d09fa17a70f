// f32 [m,k] x [k,n] -> f32 [m,n]: one element a word.
alias Word = f32;
alias Value = f32;
const SPAN = 1u;

@group(0) @binding(1) var<storage, read> left: array<f32>;

fn leftWord(row: u32, depth: u32) -> f32 {
  if (row >= sizes.m || depth >= sizes.k) {
    return 0.0;
  }
  return left[row * sizes.k + depth];
}

fn multiplyAdd(a: f32, b: vec4f, sum: vec4f) -> vec4f {
  return sum + a * b;
}
