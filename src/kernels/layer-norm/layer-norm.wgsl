// f32 [rows, columns]: (x - mean) / sqrt(variance + epsilon) gain + bias. A workgroup a row.

struct Sizes {
  columns: u32,
  rowWidth: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> gain: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<u32>;

// NORM_EPSILON of norm-epsilon.ts.
const EPSILON = 1e-5f;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Workgroups past the last row work on it too, so that all reach the barriers.
  let rows = arrayLength(&input) / sizes.columns;
  let first = min(flatIndex(group, sizes.rowWidth), rows - 1u) * sizes.columns;
  var sum = Sum();
  var special = 0;
  for (var column = lane; column < sizes.columns; column += LANES) {
    let bits = input[first + column];
    special = max(special, select(0, 1, (bits & INFINITY_BITS) == INFINITY_BITS));
    sum = added(sum, bitcast<f32>(bits));
  }
  let finite = highestOfLanes(lane, special) == 0;
  let mean = sumOfLanes(lane, sum) / f32(sizes.columns);
  var squares = Sum();
  for (var column = lane; column < sizes.columns; column += LANES) {
    let distance = bitcast<f32>(input[first + column]) - mean;
    squares = added(squares, distance * distance);
  }
  let scale = inverseSqrt(sumOfLanes(lane, squares) / f32(sizes.columns) + EPSILON);
  for (var column = lane; column < sizes.columns; column += LANES) {
    let share = (bitcast<f32>(input[first + column]) - mean) * scale;
    let scaled = bitcast<u32>(share * bitcast<f32>(gain[column]) + bitcast<f32>(bias[column]));
    let number = finite && !isNan(gain[column]) && !isNan(bias[column]);
    result[first + column] = select(NAN_BITS, scaled, number);
  }
}
