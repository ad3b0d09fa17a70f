// The blocked product behind matmul (T = f32) and qmatmul (T = i32), for any size.
//
// Both are the same walk over 4-byte words. A word of the left matrix is one f32, or the next
// SPAN elements of a row (4 bytes for the relaxed dot product, 2 sixteen-bit ones without it); a
// word of the right matrix is the same stretch of a column. Left words are packed in strips of
// 4 rows, right words in panels of 8 columns, both padded with zeros, so that the innermost loop
// (`tile`: 4 rows x 2 vectors of columns in registers) has no edges.
//
// Blocks of GROUPS words along k bound the rounding error of f32 sums (see tolerance.ts) and keep
// a panel (8 KiB) in the first-level cache; ROWS and COLUMNS bound the scratch memory.

const GROUPS: i32 = 256;
const ROWS: i32 = 64;
const COLUMNS: i32 = 1024;

const LEFT_BYTES: usize = 4 * GROUPS * ROWS;
const RIGHT_BYTES: usize = 4 * GROUPS * COLUMNS;
const EDGE_BYTES: usize = 4 * 4 * 8;

/** Where memory is free for operands: behind the scratch memory of products. */
export function operandsStart(): usize {
  return scratchStart() + LEFT_BYTES + RIGHT_BYTES + EDGE_BYTES;
}

@inline
function scratchStart(): usize {
  return (__heap_base + 63) & ~63;
}

/** c[m,n] = a[m,k] x b[k,n]; all row-major. */
export function blockProduct<T>(
  a: usize,
  b: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
): void {
  const left = scratchStart();
  const right = left + LEFT_BYTES;
  const edge = right + RIGHT_BYTES;
  const size = sourceBytes<T>();
  const block = GROUPS * span<T>();
  if (k == 0) memory.fill(c, 0, (<usize>m * <usize>n) << 2);
  for (let column = 0; column < n; column += COLUMNS) {
    const columns = min(COLUMNS, n - column);
    for (let depth = 0; depth < k; depth += block) {
      const depths = min(block, k - depth);
      // Even, because the innermost loop takes two groups at a time.
      const groups = ((depths + span<T>() - 1) / span<T>() + 1) & ~1;
      packRight<T>(
        b + (<usize>depth * n + column) * size, n, depths, columns, groups, right,
      );
      for (let row = 0; row < m; row += ROWS) {
        const rows = min(ROWS, m - row);
        packLeft<T>(a + (<usize>row * k + depth) * size, k, depths, rows, groups, left);
        multiply<T>(
          left, right, edge, c + ((<usize>row * n + column) << 2),
          rows, columns, groups, n, depth == 0,
        );
      }
    }
  }
}

/** Multiplies one packed block by another into c, or onto what c holds. */
function multiply<T>(
  left: usize, right: usize, edge: usize, c: usize,
  rows: i32, columns: i32, groups: i32, n: i32, first: bool,
): void {
  for (let column = 0; column < columns; column += 8) {
    const panel = right + (<usize>column * groups << 2);
    const wide = min(8, columns - column);
    for (let row = 0; row < rows; row += 4) {
      const strip = left + (<usize>row * groups << 2);
      const out = c + ((<usize>row * n + column) << 2);
      const high = min(4, rows - row);
      if (wide == 8 && high == 4) {
        tile<T>(strip, panel, groups, out, <usize>n << 2, first);
      } else {
        tile<T>(strip, panel, groups, edge, 32, true);
        mergeEdge<T>(edge, out, high, wide, n, first);
      }
    }
  }
}

function mergeEdge<T>(edge: usize, out: usize, high: i32, wide: i32, n: i32, first: bool): void {
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      const at = out + ((<usize>row * n + column) << 2);
      const value = load<T>(edge + (<usize>(row * 8 + column) << 2));
      store<T>(at, first ? value : <T>(load<T>(at) + value));
    }
  }
}

/** Elements of k in one word. */
@inline
function span<T>(): i32 {
  if (isFloat<T>()) return 1;
  return ASC_FEATURE_RELAXED_SIMD ? 4 : 2;
}

/** Bytes of one element of a and b. */
@inline
function sourceBytes<T>(): usize {
  return isFloat<T>() ? 4 : 1;
}

/** sum + a * b in each lane; a lane is a whole word, see above. */
@inline
function multiplyAdd<T>(a: v128, b: v128, sum: v128): v128 {
  if (isFloat<T>()) {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
    return f32x4.add(f32x4.mul(a, b), sum);
  } else {
    // The left elements are in 0..127: then every engine gives the same bits.
    if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(b, a, sum);
    return i32x4.add(i32x4.dot_i16x8_s(a, b), sum);
  }
}

function tile<T>(
  a: usize, b: usize, groups: i32, out: usize, stride: usize, first: bool,
): void {
  let c00 = i32x4.splat(0), c01 = i32x4.splat(0);
  let c10 = i32x4.splat(0), c11 = i32x4.splat(0);
  let c20 = i32x4.splat(0), c21 = i32x4.splat(0);
  let c30 = i32x4.splat(0), c31 = i32x4.splat(0);
  for (const end = b + (<usize>groups << 5); b < end; b += 64, a += 32) {
    let b0 = v128.load(b), b1 = v128.load(b, 16);
    let left = v128.load32_splat(a);
    c00 = multiplyAdd<T>(left, b0, c00);
    c01 = multiplyAdd<T>(left, b1, c01);
    left = v128.load32_splat(a, 4);
    c10 = multiplyAdd<T>(left, b0, c10);
    c11 = multiplyAdd<T>(left, b1, c11);
    left = v128.load32_splat(a, 8);
    c20 = multiplyAdd<T>(left, b0, c20);
    c21 = multiplyAdd<T>(left, b1, c21);
    left = v128.load32_splat(a, 12);
    c30 = multiplyAdd<T>(left, b0, c30);
    c31 = multiplyAdd<T>(left, b1, c31);
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    left = v128.load32_splat(a, 16);
    c00 = multiplyAdd<T>(left, b0, c00);
    c01 = multiplyAdd<T>(left, b1, c01);
    left = v128.load32_splat(a, 20);
    c10 = multiplyAdd<T>(left, b0, c10);
    c11 = multiplyAdd<T>(left, b1, c11);
    left = v128.load32_splat(a, 24);
    c20 = multiplyAdd<T>(left, b0, c20);
    c21 = multiplyAdd<T>(left, b1, c21);
    left = v128.load32_splat(a, 28);
    c30 = multiplyAdd<T>(left, b0, c30);
    c31 = multiplyAdd<T>(left, b1, c31);
  }
  put<T>(out, c00, c01, first);
  put<T>(out + stride, c10, c11, first);
  put<T>(out + 2 * stride, c20, c21, first);
  put<T>(out + 3 * stride, c30, c31, first);
}

@inline
function put<T>(out: usize, low: v128, high: v128, first: bool): void {
  if (!first) {
    low = v128.add<T>(v128.load(out), low);
    high = v128.add<T>(v128.load(out, 16), high);
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}

function packLeft<T>(
  a: usize, k: i32, depths: i32, rows: i32, groups: i32, out: usize,
): void {
  const size = sourceBytes<T>();
  for (let row = 0; row < rows; row += 4) {
    for (let lane = 0; lane < 4; lane++) {
      const from = a + <usize>(row + lane) * k * size;
      let at = out + (<usize>row * groups << 2) + (lane << 2);
      const depthsHere = row + lane < rows ? depths : 0;
      for (let group = 0; group < groups; group++, at += 16) {
        const depth = group * span<T>();
        store<u32>(at, word<T>(from + <usize>depth * size, size, depthsHere - depth));
      }
    }
  }
}

function packRight<T>(
  b: usize, n: i32, depths: i32, columns: i32, groups: i32, out: usize,
): void {
  const size = sourceBytes<T>();
  const pitch = <usize>n * size;
  for (let column = 0; column < columns; column += 8) {
    const wide = columns - column;
    for (let group = 0; group < groups; group++, out += 32) {
      const depth = group * span<T>();
      const from = b + <usize>depth * pitch + <usize>column * size;
      if (wide >= 8 && depths - depth >= span<T>()) {
        packWhole<T>(from, pitch, out);
      } else {
        for (let lane = 0; lane < 8; lane++) {
          const left = lane < wide ? depths - depth : 0;
          store<u32>(out + (lane << 2), word<T>(from + <usize>lane * size, pitch, left));
        }
      }
    }
  }
}

/** Eight words of eight neighbouring columns, all elements present. */
@inline
function packWhole<T>(from: usize, pitch: usize, out: usize): void {
  if (isFloat<T>()) {
    v128.store(out, v128.load(from));
    v128.store(out, v128.load(from, 16), 16);
  } else if (ASC_FEATURE_RELAXED_SIMD) {
    const upper = zipBytes(v128.load64_zero(from), v128.load64_zero(from + pitch));
    const lower = zipBytes(v128.load64_zero(from + 2 * pitch), v128.load64_zero(from + 3 * pitch));
    zipPairs(upper, lower, out);
  } else {
    zipPairs(v128.load_ext<i8>(from), v128.load_ext<i8>(from + pitch), out);
  }
}

@inline
function zipBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function zipPairs(a: v128, b: v128, out: usize): void {
  v128.store(out, i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
  v128.store(out, i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15), 16);
}

/** The word that begins at `from`, its elements `step` bytes apart, `left` of them present. */
@inline
function word<T>(from: usize, step: usize, left: i32): u32 {
  if (isFloat<T>()) return left > 0 ? load<u32>(from) : 0;
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (step == 1 && left >= 4) return load<u32>(from);
    let bytes: u32 = 0;
    for (let index = 0; index < min(4, left); index++) {
      bytes |= <u32>load<u8>(from + <usize>index * step) << (index << 3);
    }
    return bytes;
  }
  const low: u32 = left > 0 ? <u32>load<i8>(from) & 0xffff : 0;
  const high: u32 = left > 1 ? <u32>load<i8>(from + step) << 16 : 0;
  return low | high;
}
