// [m,n] -> [n,m]; moves bits and computes nothing.

struct Sizes {
  m: u32,
  n: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.y * sizes.rowWidth + id.x;
  if (index < sizes.m * sizes.n) {
    result[index] = input[index % sizes.m * sizes.n + index / sizes.m];
  }
}
