// Operations are numbered as in REDUCTIONS (reduce.ts): 0 sum, 1 mean, 2 max.

/**
 * [outer, count, inner] -> [outer, inner] over the middle axis.
 *
 * Sums are kept in f64 and rounded once.
 */
export function reduce(
  operation: i32, from: usize, out: usize, outer: i32, count: i32, inner: i32,
): void {
  const pitch = <usize>inner << 2;
  const divisor: f64 = operation == 1 ? <f64>count : 1;
  for (let block = 0; block < outer; block++, from += pitch * count) {
    if (inner == 1) {
      store<f32>(out, operation == 2 ? rowMax(from, count) : <f32>(rowSum(from, count) / divisor));
      out += 4;
      continue;
    }
    let column: i32 = 0;
    for (; column + 4 <= inner; column += 4, out += 16) {
      const first = from + (<usize>column << 2);
      v128.store(
        out,
        operation == 2 ? columnMax(first, pitch, count) : columnSum(first, pitch, count, divisor),
      );
    }
    for (; column < inner; column++, out += 4) {
      const first = from + (<usize>column << 2);
      if (operation == 2) {
        let highest = load<f32>(first);
        for (let row = 1; row < count; row++) {
          highest = max(highest, load<f32>(first + <usize>row * pitch));
        }
        store<f32>(out, highest);
      } else {
        let sum: f64 = 0;
        for (let row = 0; row < count; row++) sum += load<f32>(first + <usize>row * pitch);
        store<f32>(out, <f32>(sum / divisor));
      }
    }
  }
}

function rowSum(from: usize, count: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (; count >= 4; count -= 4, from += 16) {
    low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load64_zero(from)));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load64_zero(from, 8)));
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; count > 0; count--, from += 4) sum += load<f32>(from);
  return sum;
}

function rowMax(from: usize, count: i32): f32 {
  let lanes = f32x4.splat(-Infinity);
  for (; count >= 4; count -= 4, from += 16) lanes = f32x4.max(lanes, v128.load(from));
  let highest = max(
    max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
    max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
  );
  for (; count > 0; count--, from += 4) highest = max(highest, load<f32>(from));
  return highest;
}

function columnSum(from: usize, pitch: usize, count: i32, divisor: f64): v128 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (let row = 0; row < count; row++, from += pitch) {
    low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load64_zero(from)));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load64_zero(from, 8)));
  }
  const by = f64x2.splat(divisor);
  const lowHalf = f32x4.demote_f64x2_zero(f64x2.div(low, by));
  const highHalf = f32x4.demote_f64x2_zero(f64x2.div(high, by));
  return i64x2.shuffle(lowHalf, highHalf, 0, 2);
}

function columnMax(from: usize, pitch: usize, count: i32): v128 {
  let highest = f32x4.splat(-Infinity);
  for (let row = 0; row < count; row++, from += pitch) {
    highest = f32x4.max(highest, v128.load(from));
  }
  return highest;
}
