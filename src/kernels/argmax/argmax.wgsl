// f32 [rows, columns] -> i32 [rows]: the first column of each row's highest. A workgroup a row.

struct Sizes {
  columns: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<i32>;

const LOWEST = -0x7fffffff;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Workgroups past the last row work on it too, so that all reach the barriers.
  let row = min(flatIndex(group, sizes.rowWidth), arrayLength(&result) - 1u);
  let first = row * sizes.columns;
  var order = LOWEST;
  // Columns below zero: the first of several is the highest of these.
  var column = LOWEST;
  for (var at = lane; at < sizes.columns; at += LANES) {
    let bits = input[first + at];
    // Zeros of both signs are equal.
    let one = toOrder(select(bits, 0u, bits == SIGN_BIT));
    if (one > order) {
      order = one;
      column = -i32(at);
    }
  }
  let highest = highestOfLanes(lane, order);
  let found = highestOfLanes(lane, select(LOWEST, column, order == highest));
  if (lane == 0u) {
    result[row] = -found;
  }
}
