// u8 in 0..127 [m,k] x i8 [k,n] -> i32 [m,n], exact: four elements along k a word.
alias Word = u32;
alias Value = i32;
const SPAN = 4u;

@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> product: array<i32>;

// Four bytes of a row, which need not begin at a word; those past its end are zero.
fn leftWord(row: u32, group: u32) -> u32 {
  let depth = group * 4u;
  if (row >= sizes.m || depth >= sizes.k) {
    return 0u;
  }
  let offset = row * sizes.k + depth;
  let shift = offset % 4u * 8u;
  var bytes = left[offset / 4u] >> shift;
  if (shift > 0u) {
    bytes |= left[offset / 4u + 1u] << (32u - shift);
  }
  let present = sizes.k - depth;
  if (present < 4u) {
    bytes &= (1u << (present * 8u)) - 1u;
  }
  return bytes;
}

fn rightWord(group: u32, column: u32) -> u32 {
  if (column >= sizes.n) {
    return 0u;
  }
  var bytes = 0u;
  for (var index = 0u; index < 4u; index++) {
    let depth = group * 4u + index;
    if (depth < sizes.k) {
      let offset = depth * sizes.n + column;
      bytes |= extractBits(right[offset / 4u], offset % 4u * 8u, 8u) << (index * 8u);
    }
  }
  return bytes;
}

fn multiplyAdd(a: u32, b: vec4u, sum: vec4i) -> vec4i {
  return sum + vec4i(dot4(a, b.x), dot4(a, b.y), dot4(a, b.z), dot4(a, b.w));
}
