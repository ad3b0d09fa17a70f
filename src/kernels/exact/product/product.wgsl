// As product-reference.ts and what follows it; four columns of four rows an invocation. A word of
// weights has four depths of a column.

struct Sizes {
  inner: u32,
  columns: u32,
  shift: u32,
  mode: u32,
}

// What becomes of sums, besides being stored.
const ADD = 1u;
const ACTIVATE = 2u;
const RESIDUAL_MAX = (1 << 30u) - 1;
const ROWS = 4u;

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<uniform> frame: Frame;
@group(0) @binding(2) var<storage, read> left: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<vec4u>;
@group(0) @binding(4) var<storage, read> bias: array<vec4i>;
@group(0) @binding(5) var<storage, read> multipliers: array<vec4i>;
@group(0) @binding(6) var<storage, read> activation: array<u32>;
@group(0) @binding(7) var<storage, read_write> result: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let quads = sizes.columns / 4u;
  let quad = id.x;
  let row = id.y * ROWS;
  if (quad >= quads) {
    return;
  }
  let groups = sizes.inner / 4u;
  var sums = array<vec4i, ROWS>();
  for (var group = 0u; group < groups; group++) {
    let word = weights[group * quads + quad];
    for (var lane = 0u; lane < ROWS; lane++) {
      // Rows behind the last read what is there, and are not stored.
      let a = left[(row + lane) * groups + group];
      sums[lane] += vec4i(dot4(a, word.x), dot4(a, word.y), dot4(a, word.z), dot4(a, word.w));
    }
  }
  for (var lane = 0u; lane < ROWS && row + lane < frame.rows; lane++) {
    finish(sums[lane] + bias[quad], quad, (row + lane) * quads + quad);
  }
}

fn finish(sums: vec4i, quad: u32, place: u32) {
  let by = multipliers[quad];
  var values = vec4i(
    requantize(sums.x, by.x, sizes.shift),
    requantize(sums.y, by.y, sizes.shift),
    requantize(sums.z, by.z, sizes.shift),
    requantize(sums.w, by.w, sizes.shift),
  );
  if (sizes.mode == ACTIVATE) {
    let index = vec4u(clamp(values, vec4i(-128), vec4i(127)) + vec4i(128));
    let bytes = vec4u(activated(index.x), activated(index.y), activated(index.z), activated(index.w));
    result[place] = bitcast<i32>(bytesOf(vec4i(bytes)));
    return;
  }
  if (sizes.mode == ADD) {
    let at = place * 4u;
    values += vec4i(result[at], result[at + 1u], result[at + 2u], result[at + 3u]);
    values = clamp(values, vec4i(-RESIDUAL_MAX), vec4i(RESIDUAL_MAX));
  }
  for (var column = 0u; column < 4u; column++) {
    result[place * 4u + column] = values[column];
  }
}

fn activated(index: u32) -> u32 {
  return extractBits(activation[index / 4u], index % 4u * 8u, 8u);
}
