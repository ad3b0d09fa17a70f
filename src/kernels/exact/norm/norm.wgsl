// As norm-reference.ts; a workgroup a row, four elements a word.

struct Sizes {
  width: u32,
  shift: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<uniform> frame: Frame;
@group(0) @binding(2) var<storage, read> residual: array<vec4i>;
@group(0) @binding(3) var<storage, read> gains: array<vec4i>;
@group(0) @binding(4) var<storage, read_write> normal: array<u32>;

const THREADS = 64u;
var<workgroup> parts: array<i32, THREADS>;

fn scaled(value: vec4i, down: i32) -> vec4i {
  if (down <= 0) {
    return value << vec4u(u32(-down));
  }
  return (value + vec4i(1 << u32(down - 1))) >> vec4u(u32(down));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let words = sizes.width / 4u;
  let start = group.x * words;
  var own = 0;
  for (var index = thread; index < words; index += THREADS) {
    let size = abs(residual[start + index]);
    own = max(own, max(max(size.x, size.y), max(size.z, size.w)));
  }
  parts[thread] = own;
  workgroupBarrier();
  var largest = 0;
  for (var part = 0u; part < THREADS; part++) {
    largest = max(largest, parts[part]);
  }
  workgroupBarrier();
  let down = 17 - i32(countLeadingZeros(u32(largest)));
  let spread = 32u - countLeadingZeros(sizes.width - 1u);
  own = 0;
  for (var index = thread; index < words; index += THREADS) {
    let value = scaled(residual[start + index], down);
    let squares = (value * value) >> vec4u(spread);
    own += squares.x + squares.y + squares.z + squares.w;
  }
  parts[thread] = own;
  workgroupBarrier();
  var squares = 0;
  for (var part = 0u; part < THREADS; part++) {
    squares += parts[part];
  }
  // A row of zeros is divided by one.
  squares = max(squares, 1);
  let even = u32(max(0, (i32(countLeadingZeros(u32(squares))) - 2) >> 1u));
  let reciprocal = i32((1u << 29u) / integerRoot(u32(squares) << (2u * even)));
  let fine = sizes.shift - even;
  for (var index = thread; index < words; index += THREADS) {
    let value = scaled(residual[start + index], down);
    let one = (value * reciprocal + vec4i(1 << 14u)) >> vec4u(15u);
    let gained = (one * gains[index] + vec4i(1 << (fine - 1u))) >> vec4u(fine);
    normal[start + index] = bytesOf(clamp(gained, vec4i(-64), vec4i(63)) + vec4i(64));
  }
}
