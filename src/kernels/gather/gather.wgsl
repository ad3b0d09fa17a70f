// f32 [v, columns], i32 [m] -> f32 [m, columns]; indices were checked. An invocation an element.

struct Sizes {
  count: u32,
  columns: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.y * sizes.rowWidth + id.x;
  if (index < sizes.count) {
    let row = indices[index / sizes.columns];
    result[index] = table[row * sizes.columns + index % sizes.columns];
  }
}
