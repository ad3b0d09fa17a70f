// (a, b) -> (a cos - b sin, b cos + a sin), a and b half a head apart. An invocation an element.

struct Sizes {
  count: u32,
  columns: u32,
  dim: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.y * sizes.rowWidth + id.x;
  if (index >= sizes.count) {
    return;
  }
  let half = sizes.dim / 2u;
  let inHead = index % sizes.columns % sizes.dim;
  let angles = positions[index / sizes.columns] * sizes.dim + inHead % half;
  let own = input[index] * table[angles];
  if (inHead < half) {
    result[index] = own - input[index + half] * table[angles + half];
  } else {
    result[index] = own + input[index - half] * table[angles + half];
  }
}
