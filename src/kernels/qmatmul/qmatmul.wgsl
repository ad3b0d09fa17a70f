// u8 in 0..127 [m,k] x i8 [k,n] -> i32 [m,n], exact: four elements along k a word.
alias Word = u32;
alias Value = i32;
const SPAN = 4u;
// Columns that a word of the right matrix has, as it lies in memory.
const ABREAST = 4u;

@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;

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

// Four neighbouring columns. Where rows begin at words, a word of each of four rows has them all.
fn rightWords(group: u32, columns: vec4u) -> vec4u {
  let depth = group * 4u;
  let column = columns.x;
  if (column >= sizes.n || depth >= sizes.k) {
    return vec4u();
  }
  let width = sizes.n / 4u;
  if (width * 4u != sizes.n || depth + 4u > sizes.k) {
    return vec4u(
      rightWord(depth, columns.x),
      rightWord(depth, columns.y),
      rightWord(depth, columns.z),
      rightWord(depth, columns.w),
    );
  }
  let at = depth * width + column / 4u;
  return transposed(right[at], right[at + width], right[at + 2u * width], right[at + 3u * width]);
}

// The bytes of four rows as those of four columns: first in pairs of rows, then in pairs of these.
fn transposed(row0: u32, row1: u32, row2: u32, row3: u32) -> vec4u {
  let even01 = (row0 & 0x00ff00ffu) | ((row1 & 0x00ff00ffu) << 8u);
  let even23 = (row2 & 0x00ff00ffu) | ((row3 & 0x00ff00ffu) << 8u);
  let odd01 = ((row0 >> 8u) & 0x00ff00ffu) | (row1 & 0xff00ff00u);
  let odd23 = ((row2 >> 8u) & 0x00ff00ffu) | (row3 & 0xff00ff00u);
  return vec4u(
    (even01 & 0xffffu) | (even23 << 16u),
    (odd01 & 0xffffu) | (odd23 << 16u),
    (even01 >> 16u) | (even23 & 0xffff0000u),
    (odd01 >> 16u) | (odd23 & 0xffff0000u),
  );
}

fn rightWord(depth: u32, column: u32) -> u32 {
  if (column >= sizes.n) {
    return 0u;
  }
  var bytes = 0u;
  for (var index = 0u; index < 4u; index++) {
    if (depth + index < sizes.k) {
      let offset = (depth + index) * sizes.n + column;
      bytes |= extractBits(right[offset / 4u], offset % 4u * 8u, 8u) << (index * 8u);
    }
  }
  return bytes;
}

fn multiplyAdd(a: u32, b: vec4u, sum: vec4i) -> vec4i {
  return sum + vec4i(dot4(a, b.x), dot4(a, b.y), dot4(a, b.z), dot4(a, b.w));
}
