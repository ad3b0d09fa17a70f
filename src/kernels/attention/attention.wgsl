// Causal attention of one head, streaming over blocks of keys. A workgroup a query.

struct Sizes {
  first: u32,
  depth: u32,
  width: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> queries: array<f32>;
@group(0) @binding(2) var<storage, read> keys: array<f32>;
@group(0) @binding(3) var<storage, read> values: array<f32>;
@group(0) @binding(4) var<storage, read> positions: array<u32>;
// Each lane has every 64th column of its workgroup's row to itself.
@group(0) @binding(5) var<storage, read_write> result: array<f32>;

const LOWEST = -0x7fffffff;
const NEGATIVE_INFINITY_BITS = 0xff800000u;

// The scores of a block of keys, and then their weights; as bits.
var<workgroup> weights: array<u32, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = sizes.first + group.x;
  let visible = positions[row] + 1u;
  let out = row * sizes.width;
  for (var column = lane; column < sizes.width; column += LANES) {
    result[out + column] = 0.0f;
  }
  var highest = NEGATIVE_INFINITY_BITS;
  var total = 0.0f;
  for (var first = 0u; first < visible; first += BLOCK) {
    let count = min(BLOCK, visible - first);
    var order = LOWEST;
    for (var at = lane; at < count; at += LANES) {
      let score = bitcast<u32>(scoreOf(row, first + at));
      weights[at] = score;
      order = max(order, toOrder(score));
    }
    let top = fromOrder(max(toOrder(highest), highestOfLanes(lane, order)));
    let factor = expBelow(highest, top);
    var sum = Sum();
    for (var at = lane; at < count; at += LANES) {
      let weight = expBelow(weights[at], top);
      weights[at] = bitcast<u32>(weight);
      sum = added(sum, weight);
    }
    total = total * factor + sumOfLanes(lane, sum);
    for (var column = lane; column < sizes.width; column += LANES) {
      let block = blockOf(first * sizes.width + column, count);
      result[out + column] = result[out + column] * factor + block;
    }
    highest = top;
    // The next block's scores take the place of these weights.
    workgroupBarrier();
  }
  let finite = (highest & INFINITY_BITS) != INFINITY_BITS;
  for (var column = lane; column < sizes.width; column += LANES) {
    let mean = bitcast<u32>(result[out + column] / total);
    let number = finite && (mean & INFINITY_BITS) != INFINITY_BITS;
    result[out + column] = bitcast<f32>(select(NAN_BITS, mean, number));
  }
}

fn scoreOf(row: u32, key: u32) -> f32 {
  var sum = Sum();
  for (var at = 0u; at < sizes.depth; at++) {
    sum = added(sum, queries[row * sizes.depth + at] * keys[key * sizes.depth + at]);
  }
  return (sum.total + sum.block) * sizes.scale;
}

// The block's sum of weight times value, of the column in which `first` lies.
fn blockOf(first: u32, count: u32) -> f32 {
  var sum = 0.0f;
  for (var at = 0u; at < count; at++) {
    sum += bitcast<f32>(weights[at]) * values[first + at * sizes.width];
  }
  return sum;
}
