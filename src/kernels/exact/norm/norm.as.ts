import { bytesOf, clamp4 } from '../requantize.as';

/** As norm-reference.ts, of rows [rows, width] i32 into [rows, width] u8. */
export function norm(
  from: usize, out: usize, rows: i32, width: i32, gains: usize, shift: i32,
): void {
  for (let row = 0; row < rows; row++) {
    normRow(from + (<usize>row * width << 2), out + <usize>row * width, width, gains, shift);
  }
}

function normRow(from: usize, out: usize, width: i32, gains: usize, shift: i32): void {
  const end = from + (<usize>width << 2);
  const largest = largestOf(from, end);
  if (largest == 0) {
    memory.fill(out, 64, width);
    return;
  }
  const down = 17 - clz(largest);
  const spread = 32 - clz(width - 1);
  const squares = squaresOf(from, end, down, spread);
  const even = max(0, (clz(squares) - 2) >> 1);
  const reciprocal = i32x4.splat((1 << 29) / root(squares << (even << 1)));
  const fine = shift - even;
  const half = i32x4.splat(1 << (fine - 1));
  for (; from < end; from += 64, gains += 64, out += 16) {
    v128.store(out, bytesOf(
      gained(from, gains, down, reciprocal, half, fine),
      gained(from + 16, gains + 16, down, reciprocal, half, fine),
      gained(from + 32, gains + 32, down, reciprocal, half, fine),
      gained(from + 48, gains + 48, down, reciprocal, half, fine),
    ));
  }
}

@inline
function gained(
  from: usize, gains: usize, down: i32, reciprocal: v128, half: v128, fine: i32,
): v128 {
  const product = i32x4.mul(scaled(from, down), reciprocal);
  const normal = i32x4.shr_s(i32x4.add(product, i32x4.splat(1 << 14)), 15);
  const result = i32x4.shr_s(i32x4.add(i32x4.mul(normal, v128.load(gains)), half), fine);
  return i32x4.add(clamp4(result, -64, 63), i32x4.splat(64));
}

/** Four elements with the row's largest brought to 15 bits. */
@inline
function scaled(from: usize, down: i32): v128 {
  const value = v128.load(from);
  if (down <= 0) return i32x4.shl(value, -down);
  return i32x4.shr_s(i32x4.add(value, i32x4.splat(1 << (down - 1))), down);
}

function largestOf(from: usize, end: usize): i32 {
  let largest = i32x4.splat(0);
  for (; from < end; from += 16) largest = i32x4.max_s(largest, i32x4.abs(v128.load(from)));
  return max(
    max(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1)),
    max(i32x4.extract_lane(largest, 2), i32x4.extract_lane(largest, 3)),
  );
}

function squaresOf(from: usize, end: usize, down: i32, spread: i32): i32 {
  let sum = i32x4.splat(0);
  for (; from < end; from += 16) {
    const value = scaled(from, down);
    sum = i32x4.add(sum, i32x4.shr_u(i32x4.mul(value, value), spread));
  }
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1)
    + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
}

function root(value: u32): i32 {
  let found: u32 = 0;
  for (let bit: u32 = 1 << 15; bit > 0; bit >>= 1) {
    const next = found + bit;
    if (next * next <= value) found = next;
  }
  return found;
}
