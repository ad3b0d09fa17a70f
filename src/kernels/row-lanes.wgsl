// One workgroup a row: its lanes take every 64th element each, and then meet.

const LANES = 64u;
const MEETING = 8u;
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

// The sum over all lanes, which all get. They meet twice, eight at a time: barriers cost more than
// what a lane adds between them (docs/adr/0014).
fn sumOfLanes(lane: u32, sum: Sum) -> f32 {
  laneSums[lane] = sum.total + sum.block;
  workgroupBarrier();
  if (lane < MEETING) {
    for (var other = lane + MEETING; other < LANES; other += MEETING) {
      laneSums[lane] += laneSums[other];
    }
  }
  workgroupBarrier();
  var all = laneSums[0];
  for (var other = 1u; other < MEETING; other++) {
    all += laneSums[other];
  }
  workgroupBarrier();
  return all;
}

// The highest of all lanes, which all get.
fn highestOfLanes(lane: u32, highest: i32) -> i32 {
  laneHighest[lane] = highest;
  workgroupBarrier();
  if (lane < MEETING) {
    for (var other = lane + MEETING; other < LANES; other += MEETING) {
      laneHighest[lane] = max(laneHighest[lane], laneHighest[other]);
    }
  }
  workgroupBarrier();
  var all = laneHighest[0];
  for (var other = 1u; other < MEETING; other++) {
    all = max(all, laneHighest[other]);
  }
  workgroupBarrier();
  return all;
}
