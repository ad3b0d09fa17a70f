// f32 [m,k] x [k,n] -> f32 [m,n]: one element a word.
alias Word = f32;
alias Value = f32;
const SPAN = 1u;

@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;

fn leftWord(row: u32, depth: u32) -> f32 {
  if (row >= sizes.m || depth >= sizes.k) {
    return 0.0;
  }
  return left[row * sizes.k + depth];
}

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

fn multiplyAdd(a: f32, b: vec4f, sum: vec4f) -> vec4f {
  return sum + a * b;
}
