// f32 [rows, columns]: x / sqrt(mean of x^2 + epsilon) gain. A workgroup a row.

struct Sizes {
  columns: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> gain: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

// NORM_EPSILON of norm-epsilon.ts.
const EPSILON = 1e-5f;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Workgroups past the last row work on it too, so that all reach the barriers.
  let rows = arrayLength(&input) / sizes.columns;
  let first = min(flatIndex(group, sizes.rowWidth), rows - 1u) * sizes.columns;
  var squares = Sum();
  var special = 0;
  for (var column = lane; column < sizes.columns; column += LANES) {
    let bits = input[first + column];
    special = max(special, select(0, 1, (bits & INFINITY_BITS) == INFINITY_BITS));
    squares = added(squares, bitcast<f32>(bits) * bitcast<f32>(bits));
  }
  let finite = highestOfLanes(lane, special) == 0;
  let scale = inverseSqrt(sumOfLanes(lane, squares) / f32(sizes.columns) + EPSILON);
  for (var column = lane; column < sizes.columns; column += LANES) {
    let scaled = bitcast<f32>(input[first + column]) * scale * bitcast<f32>(gain[column]);
    let number = finite && !isNan(gain[column]);
    result[first + column] = select(NAN_BITS, bitcast<u32>(scaled), number);
  }
}
