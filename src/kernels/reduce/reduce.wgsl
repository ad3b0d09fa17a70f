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

const LANES = 64u;
// Sums run in blocks of at most this many: see summationDepth.
const BLOCK = 256u;
const LOWEST = -0x7fffffff;

var<workgroup> laneSums: array<f32, 64>;
var<workgroup> laneHighest: array<i32, 64>;

@compute @workgroup_size(64)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = flatIndex(group, sizes.rowWidth);
  // Workgroups past the last row work on it too, so that all reach the barriers.
  let first = min(row, sizes.outer - 1u) * sizes.count;
  if (sizes.operation == 2u) {
    laneHighest[lane] = highestOf(first + lane, first + sizes.count, LANES);
  } else {
    laneSums[lane] = sumOf(first + lane, first + sizes.count, LANES);
  }
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      if (sizes.operation == 2u) {
        laneHighest[lane] = max(laneHighest[lane], laneHighest[lane + half]);
      } else {
        laneSums[lane] += laneSums[lane + half];
      }
    }
  }
  if (lane == 0u && row < sizes.outer) {
    result[row] = finished(laneSums[0], laneHighest[0]);
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
    result[index] = finished(0.0, highestOf(first, end, sizes.inner));
  } else {
    result[index] = finished(sumOf(first, end, sizes.inner), 0);
  }
}

fn sumOf(first: u32, end: u32, step: u32) -> f32 {
  var total = 0.0f;
  var sum = 0.0f;
  var inBlock = 0u;
  for (var at = first; at < end; at += step) {
    sum += bitcast<f32>(input[at]);
    inBlock++;
    if (inBlock == BLOCK) {
      total += sum;
      sum = 0.0f;
      inBlock = 0u;
    }
  }
  return total + sum;
}

fn highestOf(first: u32, end: u32, step: u32) -> i32 {
  var highest = LOWEST;
  for (var at = first; at < end; at += step) {
    highest = max(highest, toOrder(input[at]));
  }
  return highest;
}

fn finished(sum: f32, highest: i32) -> u32 {
  if (sizes.operation == 2u) {
    return fromOrder(highest);
  }
  return bitcast<u32>(select(sum, sum / f32(sizes.count), sizes.operation == 1u));
}
