// Sums of an f32 matrix's columns, each times a factor of its own, in f64: four sums a row, each
// with its own factors. By them a product of f32 matrices is checked without computing it.
// And the sizes of rows and columns, which say how far honest results may lie apart.
//
// Factors have at most 29 significant bits, so that products are exact in f64: sums have the same
// bits on every machine, whether it fuses them or not.

/**
 * Rows of `stride` elements, of which `columns` are taken, times four lists of f64 factors that
 * begin `pitch` bytes after each other. `out` gets four f64 for each row, `outPitch` bytes apart;
 * `squares`, where it is not 0, the sum of squares of what was taken of each row, f64.
 */
export function projectFloats(
  matrix: usize, rows: i32, columns: i32, stride: i32,
  factors: usize, pitch: usize, out: usize, outPitch: usize, squares: usize,
): void {
  const rowBytes = <usize>stride << 2;
  for (let row = 0; row < rows; row += 2) {
    // An odd last row is its own neighbour.
    const next = row + 1 < rows ? row + 1 : row;
    const upper = matrix + <usize>row * rowBytes, lower = matrix + <usize>next * rowBytes;
    const upperOut = out + <usize>row * outPitch, lowerOut = out + <usize>next * outPitch;
    if (squares == 0) {
      projectPair(upper, lower, columns, factors, pitch, upperOut, lowerOut, 0, 0, false);
    } else {
      const upperSquares = squares + (<usize>row << 3), lowerSquares = squares + (<usize>next << 3);
      projectPair(
        upper, lower, columns, factors, pitch, upperOut, lowerOut, upperSquares, lowerSquares, true,
      );
    }
  }
}

/** `squared` is a literal, and half of this is left away. */
@inline
function projectPair(
  upper: usize, lower: usize, columns: i32,
  factors: usize, pitch: usize, upperOut: usize, lowerOut: usize,
  upperSquares: usize, lowerSquares: usize, squared: bool,
): void {
  let u0 = f64x2.splat(0), u1 = f64x2.splat(0), u2 = f64x2.splat(0), u3 = f64x2.splat(0);
  let l0 = f64x2.splat(0), l1 = f64x2.splat(0), l2 = f64x2.splat(0), l3 = f64x2.splat(0);
  let us = f64x2.splat(0), ls = f64x2.splat(0);
  const f1 = pitch, f2 = pitch + pitch, f3 = f2 + pitch;
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
    if (squared) {
      us = multiplyAdd(u, u, us);
      ls = multiplyAdd(l, l, ls);
    }
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
  if (squared) {
    store<f64>(upperSquares, laneSum(us) + u * u);
    store<f64>(lowerSquares, laneSum(ls) + l * l);
  }
}

/** Adds each column's elements to `sums`, their magnitudes and their squares, f64 all three. */
export function addColumnSizes(
  matrix: usize, rows: i32, columns: i32, sums: usize, magnitudes: usize, squares: usize,
): void {
  const rowBytes = <usize>columns << 2;
  let row = 0;
  for (; row + 4 <= rows; row += 4, matrix += 4 * rowBytes) {
    addRows(matrix, rowBytes, columns, sums, magnitudes, squares, true);
  }
  for (; row < rows; row++, matrix += rowBytes) {
    addRows(matrix, rowBytes, columns, sums, magnitudes, squares, false);
  }
}

/** Of four rows, or of one; a literal says of which. */
@inline
function addRows(
  matrix: usize, rowBytes: usize, columns: i32,
  sums: usize, magnitudes: usize, squares: usize, four: bool,
): void {
  let at: usize = 0;
  for (const end = <usize>(columns & ~1) << 3; at < end; at += 16, matrix += 8) {
    let sum = v128.load(sums + at);
    let magnitude = v128.load(magnitudes + at);
    let square = v128.load(squares + at);
    const a = f64x2.promote_low_f32x4(v128.load64_zero(matrix));
    sum = f64x2.add(sum, a);
    magnitude = f64x2.add(magnitude, f64x2.abs(a));
    square = multiplyAdd(a, a, square);
    if (four) {
      const b = f64x2.promote_low_f32x4(v128.load64_zero(matrix + rowBytes));
      const c = f64x2.promote_low_f32x4(v128.load64_zero(matrix + 2 * rowBytes));
      const d = f64x2.promote_low_f32x4(v128.load64_zero(matrix + 3 * rowBytes));
      sum = f64x2.add(f64x2.add(sum, b), f64x2.add(c, d));
      const more = f64x2.add(f64x2.abs(c), f64x2.abs(d));
      magnitude = f64x2.add(f64x2.add(magnitude, f64x2.abs(b)), more);
      square = f64x2.add(multiplyAdd(b, b, square), multiplyAdd(c, c, f64x2.mul(d, d)));
    }
    v128.store(sums + at, sum);
    v128.store(magnitudes + at, magnitude);
    v128.store(squares + at, square);
  }
  if ((columns & 1) == 0) return;
  for (let left = four ? 4 : 1; left > 0; left--, matrix += rowBytes) {
    const element = <f64>load<f32>(matrix);
    store<f64>(sums + at, load<f64>(sums + at) + element);
    store<f64>(magnitudes + at, load<f64>(magnitudes + at) + Math.abs(element));
    store<f64>(squares + at, load<f64>(squares + at) + element * element);
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
