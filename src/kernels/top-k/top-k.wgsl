// f32 [rows, columns], ranks -> i32 [rows, ranks]: each row's columns from its highest on. A workgroup
// a row; each rank is the highest of what is behind the one before it.

struct Sizes {
  firstRow: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> ranks: array<i32>;
@group(0) @binding(3) var<storage, read_write> result: array<i32>;

const LOWEST = -0x7fffffff;
const HIGHEST = 0x7fffffff;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = sizes.firstRow + group.x;
  let first = row * sizes.columns;
  let count = arrayLength(&ranks);
  // The last one found.
  var lastOrder = HIGHEST;
  var lastColumn = -1;
  for (var rank = 0u; rank < count; rank++) {
    var order = LOWEST;
    // Columns below zero: the first of several is the highest of these.
    var column = LOWEST;
    for (var at = lane; at < sizes.columns; at += LANES) {
      let bits = input[first + at];
      // Zeros of both signs are equal.
      let one = toOrder(select(bits, 0u, bits == SIGN_BIT));
      let isBehind = one < lastOrder || (one == lastOrder && i32(at) > lastColumn);
      if (isBehind && one > order) {
        order = one;
        column = -i32(at);
      }
    }
    lastOrder = highestOfLanes(lane, order);
    lastColumn = -highestOfLanes(lane, select(LOWEST, column, order == lastOrder));
    if (lane == 0u) {
      result[row * count + rank] = lastColumn;
    }
  }
}
