import { exp } from '../unary/unary.as';

/** Each row of [rows, columns]: e^(x - highest) over the sum of these, which is kept in f64. */
export function softmax(from: usize, out: usize, rows: i32, columns: i32): void {
  const pitch = <usize>columns << 2;
  for (let row = 0; row < rows; row++, from += pitch, out += pitch) {
    const sum = exponentials(from, out, columns, rowHighest(from, columns));
    divide(out, columns, <f32>sum);
  }
}

/** The highest; NaN where one is. */
function rowHighest(from: usize, count: i32): f32 {
  let lanes = f32x4.splat(-Infinity);
  for (; count >= 4; count -= 4, from += 16) lanes = f32x4.max(lanes, v128.load(from));
  let highest = max(
    max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
    max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
  );
  for (; count > 0; count--, from += 4) highest = max(highest, load<f32>(from));
  return highest;
}

/** out[i] = e^(from[i] - highest); returns their sum. An infinite highest makes them NaN. */
function exponentials(from: usize, out: usize, count: i32, highest: f32): f64 {
  const by = f32x4.splat(highest);
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (; count >= 4; count -= 4, from += 16, out += 16) {
    const value = exp(f32x4.sub(v128.load(from), by));
    v128.store(out, value);
    low = f64x2.add(low, f64x2.promote_low_f32x4(value));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(value, value, 1, 0)));
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; count > 0; count--, from += 4, out += 4) {
    const value = f32x4.extract_lane(exp(f32x4.sub(v128.load32_zero(from), by)), 0);
    store<f32>(out, value);
    sum += value;
  }
  return sum;
}

function divide(out: usize, count: i32, by: f32): void {
  const divisor = f32x4.splat(by);
  for (; count >= 4; count -= 4, out += 16) v128.store(out, f32x4.div(v128.load(out), divisor));
  for (; count > 0; count--, out += 4) store<f32>(out, load<f32>(out) / by);
}
