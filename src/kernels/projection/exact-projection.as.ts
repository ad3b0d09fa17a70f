// Sums of a matrix's columns, each times an integer of its own, modulo p = 2^31 - 1: one for each
// row. By them a product of integer matrices is checked without computing it (Freivalds).
//
// Factors are residues in (-p/2, p/2). Behind the last column they are zero, so that the innermost
// loops read on into what follows a row, whatever that is, and have no edges: 16 bytes behind the
// last row must be readable.

const P: i64 = 0x7fffffff;

/** Steps of eight elements until 32-bit sums of 2 x 7-bit x 15-bit products might overflow. */
const STEPS: i32 = 128;

/**
 * Rows of u8 (at most 127) or i8 times factors = low + 2^16 high, both of 16 bits.
 *
 * `out` gets a residue in 0..p-1 for each row, u32.
 */
export function projectBytes(
  matrix: usize, rows: i32, columns: i32, low: usize, high: usize, out: usize, signed: bool,
): void {
  for (let row = 0; row < rows; row++, matrix += columns, out += 4) {
    const residue = signed
      ? projectRow<i8>(matrix, columns, low, high)
      : projectRow<u8>(matrix, columns, low, high);
    store<u32>(out, residue);
  }
}

@inline
function projectRow<T>(row: usize, columns: i32, low: usize, high: usize): u32 {
  let lows: i64 = 0;
  let highs: i64 = 0;
  for (let column = 0; column < columns; column += 8 * STEPS) {
    let sumLow = i32x4.splat(0);
    let sumHigh = i32x4.splat(0);
    const end = min(columns, column + 8 * STEPS);
    for (let at = column; at < end; at += 8) {
      const elements = v128.load_ext<T>(row + at);
      const factors = <usize>at << 1;
      sumLow = i32x4.add(sumLow, i32x4.dot_i16x8_s(elements, v128.load(low + factors)));
      sumHigh = i32x4.add(sumHigh, i32x4.dot_i16x8_s(elements, v128.load(high + factors)));
    }
    lows += laneSum(sumLow);
    highs += laneSum(sumHigh);
  }
  return residueOf(lows + (highs << 16));
}

/**
 * Rows of i32 times factors of 32 bits; `fold` products of them and of the largest element allowed
 * stay below 2^62.
 *
 * `out` gets a residue in 0..p-1 for each row, u32. Returns the largest magnitude of any element
 * that was read; what lies up to 12 bytes behind the last row counts with them.
 */
export function projectWords(
  matrix: usize, rows: i32, columns: i32, factors: usize, out: usize, fold: i32,
): u32 {
  let peaks = i32x4.splat(0);
  for (let row = 0; row < rows; row++, matrix += <usize>columns << 2, out += 4) {
    let even = i64x2.splat(0);
    let odd = i64x2.splat(0);
    for (let column = 0; column < columns; column += 4 * fold) {
      const end = matrix + (<usize>min(columns, column + 4 * fold) << 2);
      let factor = factors + (<usize>column << 2);
      for (let at = matrix + (<usize>column << 2); at < end; at += 16, factor += 16) {
        const elements = v128.load(at);
        const times = v128.load(factor);
        even = i64x2.add(even, i64x2.extmul_low_i32x4_s(elements, times));
        odd = i64x2.add(odd, i64x2.extmul_high_i32x4_s(elements, times));
        peaks = i32x4.max_u(peaks, i32x4.abs(elements));
      }
      even = folded(even);
      odd = folded(odd);
    }
    const sum = i64x2.add(even, odd);
    store<u32>(out, residueOf(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1)));
  }
  peaks = i32x4.max_u(peaks, i32x4.shuffle(peaks, peaks, 2, 3, 0, 1));
  peaks = i32x4.max_u(peaks, i32x4.shuffle(peaks, peaks, 1, 0, 3, 2));
  return <u32>i32x4.extract_lane(peaks, 0);
}

/** The same modulo p, below 2^33 in magnitude: 2^31 is 1. */
@inline
function folded(sums: v128): v128 {
  return i64x2.add(i64x2.shr_s(sums, 31), v128.and(sums, i64x2.splat(P)));
}

@inline
function laneSum(sums: v128): i64 {
  const pairs = i64x2.add(
    i64x2.extend_low_i32x4_s(sums),
    i64x2.extend_high_i32x4_s(sums),
  );
  return i64x2.extract_lane(pairs, 0) + i64x2.extract_lane(pairs, 1);
}

@inline
function residueOf(sum: i64): u32 {
  const rest = sum % P;
  return <u32>(rest < 0 ? rest + P : rest);
}
