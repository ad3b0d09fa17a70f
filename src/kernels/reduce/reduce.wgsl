// [outer, count, inner] -> [outer, inner] over the middle axis; operations are numbered as in
// REDUCTIONS (reduce.ts): 0 sum, 1 mean, 2 max. Two entry points: `rows` gives each result a
// workgroup, for long runs of neighbours (inner = 1); `columns` gives each result an invocation.

struct Sizes {
  operation: u32,
  outer: u32,
  count: u32,
  inner: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

const LOWEST = -0x7fffffff;

@compute @workgroup_size(64)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = flatIndex(group, sizes.rowWidth);
  // Workgroups past the last row work on it too, so that all reach the barriers.
  let first = min(row, sizes.outer - 1u) * sizes.count;
  let end = first + sizes.count;
  var value: u32;
  if (sizes.operation == 2u) {
    value = fromOrder(highestOfLanes(lane, highestOf(first + lane, end, LANES)));
  } else {
    value = finished(sumOfLanes(lane, sumOf(first + lane, end, LANES)));
  }
  if (lane == 0u && row < sizes.outer) {
    result[row] = value;
  }
}

@compute @workgroup_size(64)
fn columns(@builtin(global_invocation_id) id: vec3u) {
  let index = flatIndex(id, sizes.rowWidth);
  if (index >= sizes.outer * sizes.inner) {
    return;
  }
  let first = index / sizes.inner * sizes.count * sizes.inner + index % sizes.inner;
  let end = first + sizes.count * sizes.inner;
  if (sizes.operation == 2u) {
    result[index] = fromOrder(highestOf(first, end, sizes.inner));
  } else {
    let sum = sumOf(first, end, sizes.inner);
    result[index] = finished(sum.total + sum.block);
  }
}

fn sumOf(first: u32, end: u32, step: u32) -> Sum {
  var sum = Sum();
  for (var at = first; at < end; at += step) {
    sum = added(sum, bitcast<f32>(input[at]));
  }
  return sum;
}

fn highestOf(first: u32, end: u32, step: u32) -> i32 {
  var highest = LOWEST;
  for (var at = first; at < end; at += step) {
    highest = max(highest, toOrder(input[at]));
  }
  return highest;
}

fn finished(sum: f32) -> u32 {
  return bitcast<u32>(select(sum, sum / f32(sizes.count), sizes.operation == 1u));
}
