// Sums of an f32 matrix's columns, each times a factor of its own, in f64: four sums a row, each
// with its own factors. By them a product of f32 matrices is checked without computing it.
// And the sizes of rows and columns, which say how far honest results may lie apart.

/**
 * Rows of `stride` elements, of which `columns` are taken, times four lists of f64 factors that
 * begin `pitch` bytes after each other. `out` gets four f64 for each row, `outPitch` bytes apart.
 */
export function projectFloats(
  matrix: usize, rows: i32, columns: i32, stride: i32,
  factors: usize, pitch: usize, out: usize, outPitch: usize,
): void {
  const rowBytes = <usize>stride << 2;
  let row = 0;
  for (; row + 2 <= rows; row += 2, matrix += 2 * rowBytes, out += 2 * outPitch) {
    projectPair(matrix, matrix + rowBytes, columns, factors, pitch, out, out + outPitch);
  }
  if (row < rows) projectPair(matrix, matrix, columns, factors, pitch, out, out);
}

@inline
function projectPair(
  upper: usize, lower: usize, columns: i32,
  factors: usize, pitch: usize, upperOut: usize, lowerOut: usize,
): void {
  let u0 = f64x2.splat(0), u1 = f64x2.splat(0), u2 = f64x2.splat(0), u3 = f64x2.splat(0);
  let l0 = f64x2.splat(0), l1 = f64x2.splat(0), l2 = f64x2.splat(0), l3 = f64x2.splat(0);
  const f1 = pitch, f2 = 2 * pitch, f3 = 3 * pitch;
  const end = factors + (<usize>(columns & ~1) << 3);
  for (; factors < end; factors += 16, upper += 8, lower += 8) {
    const u = f64x2.promote_low_f32x4(v128.load64_zero(upper));
    const l = f64x2.promote_low_f32x4(v128.load64_zero(lower));
    let factor = v128.load(factors);
    u0 = multiplyAdd(u, factor, u0);
    l0 = multiplyAdd(l, factor, l0);
    factor = v128.load(factors + f1);
    u1 = multiplyAdd(u, factor, u1);
    l1 = multiplyAdd(l, factor, l1);
    factor = v128.load(factors + f2);
    u2 = multiplyAdd(u, factor, u2);
    l2 = multiplyAdd(l, factor, l2);
    factor = v128.load(factors + f3);
    u3 = multiplyAdd(u, factor, u3);
    l3 = multiplyAdd(l, factor, l3);
  }
  const one = (columns & 1) != 0;
  const u = one ? <f64>load<f32>(upper) : 0;
  const l = one ? <f64>load<f32>(lower) : 0;
  store<f64>(upperOut, laneSum(u0) + (one ? u * load<f64>(factors) : 0));
  store<f64>(upperOut, laneSum(u1) + (one ? u * load<f64>(factors + f1) : 0), 8);
  store<f64>(upperOut, laneSum(u2) + (one ? u * load<f64>(factors + f2) : 0), 16);
  store<f64>(upperOut, laneSum(u3) + (one ? u * load<f64>(factors + f3) : 0), 24);
  store<f64>(lowerOut, laneSum(l0) + (one ? l * load<f64>(factors) : 0));
  store<f64>(lowerOut, laneSum(l1) + (one ? l * load<f64>(factors + f1) : 0), 8);
  store<f64>(lowerOut, laneSum(l2) + (one ? l * load<f64>(factors + f2) : 0), 16);
  store<f64>(lowerOut, laneSum(l3) + (one ? l * load<f64>(factors + f3) : 0), 24);
}

/** `out` gets the sum of magnitudes and the sum of squares of each row, f64. */
export function rowSizes(matrix: usize, rows: i32, columns: i32, out: usize): void {
  for (let row = 0; row < rows; row++, out += 16) {
    let sums = f64x2.splat(0), moreSums = f64x2.splat(0);
    let squares = f64x2.splat(0), moreSquares = f64x2.splat(0);
    const end = matrix + (<usize>(columns & ~3) << 2);
    for (; matrix < end; matrix += 16) {
      const magnitudes = f32x4.abs(v128.load(matrix));
      const low = f64x2.promote_low_f32x4(magnitudes);
      const high = f64x2.promote_low_f32x4(i32x4.shuffle(magnitudes, magnitudes, 2, 3, 2, 3));
      sums = f64x2.add(sums, low);
      moreSums = f64x2.add(moreSums, high);
      squares = multiplyAdd(low, low, squares);
      moreSquares = multiplyAdd(high, high, moreSquares);
    }
    let sum = laneSum(f64x2.add(sums, moreSums));
    let square = laneSum(f64x2.add(squares, moreSquares));
    for (let left = columns & 3; left > 0; left--, matrix += 4) {
      const magnitude = Math.abs(<f64>load<f32>(matrix));
      sum += magnitude;
      square += magnitude * magnitude;
    }
    store<f64>(out, sum);
    store<f64>(out, square, 8);
  }
}

/** Adds each column's magnitudes to `sums` and its squares to `squares`, f64 both. */
export function addColumnSizes(
  matrix: usize, rows: i32, columns: i32, sums: usize, squares: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (const end = <usize>(columns & ~1) << 3; at < end; at += 16, matrix += 8) {
      const magnitudes = f64x2.abs(f64x2.promote_low_f32x4(v128.load64_zero(matrix)));
      v128.store(sums + at, f64x2.add(v128.load(sums + at), magnitudes));
      v128.store(squares + at, multiplyAdd(magnitudes, magnitudes, v128.load(squares + at)));
    }
    if (columns & 1) {
      const magnitude = Math.abs(<f64>load<f32>(matrix));
      store<f64>(sums + at, load<f64>(sums + at) + magnitude);
      store<f64>(squares + at, load<f64>(squares + at) + magnitude * magnitude);
      matrix += 4;
    }
  }
}

@inline
function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, sum);
  return f64x2.add(f64x2.mul(a, b), sum);
}

@inline
function laneSum(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}
