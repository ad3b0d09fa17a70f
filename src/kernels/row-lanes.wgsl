// One workgroup a row: its lanes take every 64th element each, and then meet.

const LANES = 64u;
// Sums run in blocks of at most this many: see summationDepth.
const BLOCK = 256u;

var<workgroup> laneSums: array<f32, 64>;
var<workgroup> laneHighest: array<i32, 64>;

// A sum that goes on in blocks.
struct Sum {
  total: f32,
  block: f32,
  inBlock: u32,
}

fn added(to: Sum, value: f32) -> Sum {
  var sum = to;
  sum.block += value;
  sum.inBlock++;
  if (sum.inBlock == BLOCK) {
    sum = Sum(sum.total + sum.block, 0.0f, 0u);
  }
  return sum;
}

// The sum over all lanes, which all get.
fn sumOfLanes(lane: u32, sum: Sum) -> f32 {
  laneSums[lane] = sum.total + sum.block;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      laneSums[lane] += laneSums[lane + half];
    }
  }
  workgroupBarrier();
  let all = laneSums[0];
  workgroupBarrier();
  return all;
}

// The highest of all lanes, which all get.
fn highestOfLanes(lane: u32, highest: i32) -> i32 {
  laneHighest[lane] = highest;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      laneHighest[lane] = max(laneHighest[lane], laneHighest[lane + half]);
    }
  }
  workgroupBarrier();
  let all = laneHighest[0];
  workgroupBarrier();
  return all;
}

