// Operations are numbered as in ELEMENT_WISE (element-wise.ts).

/** The smallest normal f32, 2^-126. */
const NORMAL_MIN: f32 = 1.1754943508222875e-38;

/**
 * out[row, column] = a[row, column] OP b[column].
 *
 * `step` is 4 where b has one value a column, and 0 where b is one value (stored four times) for
 * all. Equal shapes are one long row.
 */
export function elementWise(
  operation: i32, a: usize, b: usize, out: usize, rows: i32, columns: i32, step: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let right = b;
    let column = columns;
    for (; column >= 4; column -= 4, a += 16, out += 16, right += step << 2) {
      v128.store(out, apply(operation, v128.load(a), v128.load(right)));
    }
    for (; column > 0; column--, a += 4, out += 4, right += step) {
      const result = apply(operation, v128.load32_zero(a), v128.load32_zero(right));
      v128.store_lane<i32>(out, result, 0);
    }
  }
}

@inline
function apply(operation: i32, a: v128, b: v128): v128 {
  switch (operation) {
    case 0: return f32x4.add(a, b);
    case 1: return f32x4.sub(a, b);
    case 2: return f32x4.mul(flush(a), flush(b));
    case 3: return f32x4.div(flush(a), flush(b));
    case 4: return f32x4.max(a, b);
    default: return f32x4.min(a, b);
  }
}

/** Subnormal lanes become zeros of their sign. */
@inline
function flush(x: v128): v128 {
  const tiny = f32x4.lt(f32x4.abs(x), f32x4.splat(NORMAL_MIN));
  return v128.andnot(x, v128.and(tiny, i32x4.splat(0x7fffffff)));
}
