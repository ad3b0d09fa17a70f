// f32 [rows, columns]: each row's e^(x - highest) over the sum of these. A workgroup a row.

struct Sizes {
  columns: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const LOWEST = -0x7fffffff;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Workgroups past the last row work on it too, so that all reach the barriers.
  let rows = arrayLength(&input) / sizes.columns;
  let first = min(flatIndex(group, sizes.rowWidth), rows - 1u) * sizes.columns;
  let end = first + sizes.columns;
  var order = LOWEST;
  for (var at = first + lane; at < end; at += LANES) {
    order = max(order, toOrder(input[at]));
  }
  let highest = fromOrder(highestOfLanes(lane, order));
  // NaN is above all: where one is, or where nothing is left to compare with, all are NaN.
  let finite = (highest & INFINITY_BITS) != INFINITY_BITS;
  var sum = Sum();
  for (var at = first + lane; at < end; at += LANES) {
    sum = added(sum, expBelow(input[at], highest));
  }
  let all = sumOfLanes(lane, sum);
  for (var at = first + lane; at < end; at += LANES) {
    let share = bitcast<u32>(expBelow(input[at], highest) / all);
    result[at] = select(NAN_BITS, share, finite);
  }
}
