// As attention-reference.ts: a workgroup a row and head. Scores are computed twice, for the largest
// and for their weights, so that nothing grows with the context.

struct Sizes {
  width: u32,
  heads: u32,
  scoreMultiplier: i32,
  scoreShift: u32,
  attendedMultiplier: i32,
  attendedShift: i32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<uniform> frame: Frame;
@group(0) @binding(2) var<storage, read> queries: array<u32>;
@group(0) @binding(3) var<storage, read> keys: array<u32>;
@group(0) @binding(4) var<storage, read> values: array<u32>;
@group(0) @binding(5) var<storage, read> exponentials: array<u32>;
@group(0) @binding(6) var<storage, read_write> attended: array<u32>;

// As many as the largest head has words.
const THREADS = 64u;
var<workgroup> parts: array<i32, THREADS>;

fn scoreOf(query: u32, key: u32, words: u32) -> i32 {
  var sum = 0;
  for (var word = 0u; word < words; word++) {
    sum += dot4(queries[query + word], keys[key + word]);
  }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let rowWords = sizes.width / 4u;
  let words = rowWords / sizes.heads;
  let head = group.y * words;
  let query = group.x * rowWords + head;
  let count = frame.position + group.x + 1u;
  var own = -(1 << 30u);
  for (var token = thread; token < count; token += THREADS) {
    own = max(own, scoreOf(query, token * rowWords + head, words));
  }
  parts[thread] = own;
  workgroupBarrier();
  var largest = parts[0];
  for (var part = 1u; part < THREADS; part++) {
    largest = max(largest, parts[part]);
  }
  workgroupBarrier();
  var sum = 0;
  var sums = vec4i(0);
  for (var start = 0u; start < count; start += THREADS) {
    let token = start + thread;
    var weight = 0;
    if (token < count) {
      let below = largest - scoreOf(query, token * rowWords + head, words);
      let scaled = requantize(below, sizes.scoreMultiplier, sizes.scoreShift);
      let index = u32(min(scaled, 255));
      weight = i32(extractBits(exponentials[index / 4u], index % 4u * 8u, 8u));
    }
    parts[thread] = weight;
    workgroupBarrier();
    let present = min(THREADS, count - start);
    for (var part = 0u; part < present; part++) {
      sum += parts[part];
      if (thread < words) {
        sums += parts[part] * signedBytes(values[(start + part) * rowWords + head + thread]);
      }
    }
    workgroupBarrier();
  }
  if (thread >= words) {
    return;
  }
  let up = i32(countLeadingZeros(u32(sum))) - 17;
  let scaled = select(u32(sum) >> u32(max(0, -up)), u32(sum) << u32(max(0, up)), up >= 0);
  let reciprocal = i32(((1u << 29u) - 1u) / scaled);
  let by = min(32767, roundShift(reciprocal * sizes.attendedMultiplier, 15u));
  let shift = u32(sizes.attendedShift - up - 1);
  let scaledSums = vec4i(
    requantize(sums.x, by, shift),
    requantize(sums.y, by, shift),
    requantize(sums.z, by, shift),
    requantize(sums.w, by, shift),
  );
  attended[query + thread] = bytesOf(clamp(scaledSums, vec4i(-64), vec4i(63)) + vec4i(64));
}
