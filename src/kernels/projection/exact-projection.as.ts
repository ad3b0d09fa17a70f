// Sums of a matrix's columns, each times an integer of its own, modulo p = 2^31 - 1: one for each
// row. By them a product of integer matrices is checked without computing it (Freivalds).
//
// Factors are residues in (-p/2, p/2). Behind the last column they are zero, so that the innermost
// loops read on into what follows a row, whatever that is, and have no edges: 16 bytes behind the
// last row must be readable.
//
// Four rows are taken at a time: they share what is loaded of the factors, and each loop's end.
// Where fewer are left, the last one stands for those that are missing, and is stored again.

const P: i64 = 0x7fffffff;

/** Steps of eight elements until 32-bit sums of 2 x 7-bit x 15-bit products might overflow. */
const STEPS: i32 = 128;

/**
 * Rows of u8 (at most 127) or i8 times factors = low + 2^16 high, both of 16 bits.
 *
 * `out` gets a residue in 0..p-1 for each row, u32. Returns the largest magnitude of any element
 * that was read; what lies up to 7 bytes behind the last row counts with them. Residues of u8 above
 * 127 mean nothing.
 */
export function projectBytes(
  matrix: usize, rows: i32, columns: i32, low: usize, high: usize, out: usize, signed: bool,
): u32 {
  let peaks = i16x8.splat(0);
  for (let row = 0; row < rows; row += 4) {
    if (signed) peaks = projectByteRows<i8>(matrix, row, rows - 1, columns, low, high, out, peaks);
    else peaks = projectByteRows<u8>(matrix, row, rows - 1, columns, low, high, out, peaks);
  }
  return largestLane(
    i32x4.max_u(i32x4.extend_low_i16x8_u(peaks), i32x4.extend_high_i16x8_u(peaks)),
  );
}

@inline
function projectByteRows<T>(
  matrix: usize, row: i32, last: i32, columns: i32, low: usize, high: usize, out: usize,
  peaks: v128,
): v128 {
  const b = min(row + 1, last), c = min(row + 2, last), d = min(row + 3, last);
  const fromA = matrix + <usize>row * columns, fromB = matrix + <usize>b * columns;
  const fromC = matrix + <usize>c * columns, fromD = matrix + <usize>d * columns;
  let lowsA: i64 = 0, lowsB: i64 = 0, lowsC: i64 = 0, lowsD: i64 = 0;
  let highsA: i64 = 0, highsB: i64 = 0, highsC: i64 = 0, highsD: i64 = 0;
  for (let column = 0; column < columns; column += 8 * STEPS) {
    let lowA = i32x4.splat(0), lowB = lowA, lowC = lowA, lowD = lowA;
    let highA = lowA, highB = lowA, highC = lowA, highD = lowA;
    const end = min(columns, column + 8 * STEPS);
    for (let at: usize = column; at < <usize>end; at += 8) {
      const times = v128.load(low + (at << 1));
      const timesHigh = v128.load(high + (at << 1));
      let elements = v128.load_ext<T>(fromA + at);
      lowA = i32x4.add(lowA, i32x4.dot_i16x8_s(elements, times));
      highA = i32x4.add(highA, i32x4.dot_i16x8_s(elements, timesHigh));
      peaks = i16x8.max_u(peaks, isSigned<T>() ? i16x8.abs(elements) : elements);
      elements = v128.load_ext<T>(fromB + at);
      lowB = i32x4.add(lowB, i32x4.dot_i16x8_s(elements, times));
      highB = i32x4.add(highB, i32x4.dot_i16x8_s(elements, timesHigh));
      peaks = i16x8.max_u(peaks, isSigned<T>() ? i16x8.abs(elements) : elements);
      elements = v128.load_ext<T>(fromC + at);
      lowC = i32x4.add(lowC, i32x4.dot_i16x8_s(elements, times));
      highC = i32x4.add(highC, i32x4.dot_i16x8_s(elements, timesHigh));
      peaks = i16x8.max_u(peaks, isSigned<T>() ? i16x8.abs(elements) : elements);
      elements = v128.load_ext<T>(fromD + at);
      lowD = i32x4.add(lowD, i32x4.dot_i16x8_s(elements, times));
      highD = i32x4.add(highD, i32x4.dot_i16x8_s(elements, timesHigh));
      peaks = i16x8.max_u(peaks, isSigned<T>() ? i16x8.abs(elements) : elements);
    }
    lowsA += laneSum(lowA), highsA += laneSum(highA);
    lowsB += laneSum(lowB), highsB += laneSum(highB);
    lowsC += laneSum(lowC), highsC += laneSum(highC);
    lowsD += laneSum(lowD), highsD += laneSum(highD);
  }
  store<u32>(out + (<usize>row << 2), residueOf(lowsA + (highsA << 16)));
  store<u32>(out + (<usize>b << 2), residueOf(lowsB + (highsB << 16)));
  store<u32>(out + (<usize>c << 2), residueOf(lowsC + (highsC << 16)));
  store<u32>(out + (<usize>d << 2), residueOf(lowsD + (highsD << 16)));
  return peaks;
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
  const rowBytes = <usize>columns << 2;
  for (let row = 0; row < rows; row += 4) {
    const b = min(row + 1, rows - 1), c = min(row + 2, rows - 1), d = min(row + 3, rows - 1);
    const fromA = matrix + <usize>row * rowBytes, fromB = matrix + <usize>b * rowBytes;
    const fromC = matrix + <usize>c * rowBytes, fromD = matrix + <usize>d * rowBytes;
    let evenA = i64x2.splat(0), evenB = evenA, evenC = evenA, evenD = evenA;
    let oddA = evenA, oddB = evenA, oddC = evenA, oddD = evenA;
    for (let column = 0; column < columns; column += 4 * fold) {
      const end = <usize>min(columns, column + 4 * fold) << 2;
      for (let at = <usize>column << 2; at < end; at += 16) {
        const times = v128.load(factors + at);
        let elements = v128.load(fromA + at);
        evenA = i64x2.add(evenA, i64x2.extmul_low_i32x4_s(elements, times));
        oddA = i64x2.add(oddA, i64x2.extmul_high_i32x4_s(elements, times));
        peaks = i32x4.max_u(peaks, i32x4.abs(elements));
        elements = v128.load(fromB + at);
        evenB = i64x2.add(evenB, i64x2.extmul_low_i32x4_s(elements, times));
        oddB = i64x2.add(oddB, i64x2.extmul_high_i32x4_s(elements, times));
        peaks = i32x4.max_u(peaks, i32x4.abs(elements));
        elements = v128.load(fromC + at);
        evenC = i64x2.add(evenC, i64x2.extmul_low_i32x4_s(elements, times));
        oddC = i64x2.add(oddC, i64x2.extmul_high_i32x4_s(elements, times));
        peaks = i32x4.max_u(peaks, i32x4.abs(elements));
        elements = v128.load(fromD + at);
        evenD = i64x2.add(evenD, i64x2.extmul_low_i32x4_s(elements, times));
        oddD = i64x2.add(oddD, i64x2.extmul_high_i32x4_s(elements, times));
        peaks = i32x4.max_u(peaks, i32x4.abs(elements));
      }
      evenA = folded(evenA), oddA = folded(oddA);
      evenB = folded(evenB), oddB = folded(oddB);
      evenC = folded(evenC), oddC = folded(oddC);
      evenD = folded(evenD), oddD = folded(oddD);
    }
    store<u32>(out + (<usize>row << 2), residueOfLanes(evenA, oddA));
    store<u32>(out + (<usize>b << 2), residueOfLanes(evenB, oddB));
    store<u32>(out + (<usize>c << 2), residueOfLanes(evenC, oddC));
    store<u32>(out + (<usize>d << 2), residueOfLanes(evenD, oddD));
  }
  return largestLane(peaks);
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
function largestLane(lanes: v128): u32 {
  const pairs = i32x4.max_u(lanes, i32x4.shuffle(lanes, lanes, 2, 3, 0, 1));
  const largest = i32x4.max_u(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2));
  return <u32>i32x4.extract_lane(largest, 0);
}

@inline
function residueOfLanes(even: v128, odd: v128): u32 {
  const sum = i64x2.add(even, odd);
  return residueOf(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
}

@inline
function residueOf(sum: i64): u32 {
  const rest = sum % P;
  return <u32>(rest < 0 ? rest + P : rest);
}
