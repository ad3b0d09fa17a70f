// Keys and values are remembered as packed weights (product.as.ts): a key is a column of its
// head's scores, with the query's zero point in its bias; a value is a row of its head's values.
// What lies behind the last token is of earlier sequences, and has weight 0.

import { product } from '../product/product.as';
import { bytesOf, clamp4, requantize4 } from '../requantize.as';

const SPAN: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 2;

/**
 * Takes [rows, 3 * width] i32 in 1/16 steps apart: queries [rows, width] u8 in 0..127, turned, and
 * keys and values, from `position` on, into what a layer remembers.
 */
export function remember(
  from: usize, rows: i32, width: i32, heads: i32, position: i32, context: i32,
  cosines: usize, sines: usize, queries: usize, keys: usize, keyBias: usize, values: usize,
): void {
  const size = width / heads;
  const half = size >> 1;
  for (let row = 0; row < rows; row++, position++) {
    const angles = <usize>position * half << 1;
    for (let head = 0; head < heads; head++) {
      const at = from + (<usize>(row * 3 * width + head * size) << 2);
      const cosine = cosines + angles, sine = sines + angles;
      rotateQuery(at, half, cosine, sine, queries + <usize>(row * width + head * size));
      const panel = keys + <usize>(head * context + (position & ~7)) * size;
      const key = panel + <usize>((position & 7) * SPAN);
      const sum = rotateKey(at + (<usize>width << 2), half, cosine, sine, key);
      store<i32>(keyBias + (<usize>(head * context + position) << 2), -64 * sum);
      const depth = values + <usize>(head * context * size)
        + <usize>((position & ~(SPAN - 1)) * 8 + (position & (SPAN - 1)));
      storeValue(at + (<usize>width << 3), size, <usize>context * 8, depth);
    }
  }
}

@inline
function limited(at: usize): i32 {
  return max(-32767, min(32767, load<i32>(at)));
}

@inline
function turned(sum: i32, low: i32, high: i32): i32 {
  return max(low, min(high, (sum + (1 << 17)) >> 18));
}

function rotateQuery(from: usize, half: i32, cosines: usize, sines: usize, out: usize): void {
  for (let index = 0; index < half; index++) {
    const first = limited(from + (<usize>index << 2));
    const second = limited(from + (<usize>(index + half) << 2));
    const cosine = <i32>load<i16>(cosines + (<usize>index << 1));
    const sine = <i32>load<i16>(sines + (<usize>index << 1));
    store<u8>(out + index, 64 + turned(first * cosine - second * sine, -64, 63));
    store<u8>(out + index + half, 64 + turned(second * cosine + first * sine, -64, 63));
  }
}

/** Returns the sum of the key's elements. */
function rotateKey(from: usize, half: i32, cosines: usize, sines: usize, out: usize): i32 {
  let sum = 0;
  for (let index = 0; index < half; index++) {
    const first = limited(from + (<usize>index << 2));
    const second = limited(from + (<usize>(index + half) << 2));
    const cosine = <i32>load<i16>(cosines + (<usize>index << 1));
    const sine = <i32>load<i16>(sines + (<usize>index << 1));
    const low = turned(first * cosine - second * sine, -127, 127);
    const high = turned(second * cosine + first * sine, -127, 127);
    store<i8>(out + inPanel(index), low);
    store<i8>(out + inPanel(index + half), high);
    sum += low + high;
  }
  return sum;
}

/** Where a depth lies in the column of a panel. */
@inline
function inPanel(depth: i32): usize {
  return <usize>((depth & ~(SPAN - 1)) * 8 + (depth & (SPAN - 1)));
}

function storeValue(from: usize, size: i32, panelBytes: usize, out: usize): void {
  for (let index = 0; index < size; index++) {
    const value = (limited(from + (<usize>index << 2)) + 8) >> 4;
    const panel = out + <usize>(index >> 3) * panelBytes;
    store<i8>(panel + <usize>((index & 7) * SPAN), max(-127, min(127, value)));
  }
}

/**
 * Attends from queries [rows, width] u8 at `position` on to all tokens up to their own, into
 * [rows, width] u8. `scores` has room for 4 rows of `context` i32, `weights` for as many u8,
 * `sums` for 4 heads of i32; `zeros` is a head's bias of values.
 */
export function attend(
  queries: usize, rows: i32, width: i32, heads: i32, position: i32, context: i32,
  keys: usize, keyBias: usize, values: usize,
  scoreMultiplier: i32, scoreShift: i32, attendedMultiplier: i32, attendedShift: i32,
  table: usize, scores: usize, weights: usize, sums: usize, zeros: usize, out: usize,
): void {
  const size = width / heads;
  const pitch = <usize>context << 2;
  for (let head = 0; head < heads; head++) {
    const memory = <usize>(head * context * size);
    for (let row = 0; row < rows; row += 4) {
      const high = min(4, rows - row);
      const count = position + row + high;
      const at = <usize>(row * width + head * size);
      product(
        queries + at, width, high, size, keys + memory, <usize>size * 8, 0, (count + 7) & ~7,
        keyBias + (<usize>(head * context) << 2), 0, 0, 0, 0, scores, pitch, 0,
      );
      const whole = (count + 15) & ~15;
      for (let lane = 0; lane < high; lane++) {
        const own = weights + <usize>(lane * context);
        const sum = soften(
          scores + <usize>lane * pitch, count - high + lane + 1, whole,
          scoreMultiplier, scoreShift, table, own,
        );
        // Kept behind the weights of all rows, until their sums of values are there.
        store<i32>(weights + <usize>(4 * context + 4 * lane), sum);
      }
      product(
        weights, context, high, whole, values + memory, <usize>context * 8, 0, size,
        zeros, 0, 0, 0, 0, sums, <usize>size << 2, 0,
      );
      for (let lane = 0; lane < high; lane++) {
        scaleRow(
          sums + (<usize>(lane * size) << 2), size,
          load<i32>(weights + <usize>(4 * context + 4 * lane)),
          attendedMultiplier, attendedShift, out + at + <usize>(lane * width),
        );
      }
    }
  }
}

/** Weights of `count` scores, and zeros up to `whole`; returns their sum. */
function soften(
  scores: usize, count: i32, whole: i32, multiplier: i32, shift: i32, table: usize, out: usize,
): i32 {
  let largest = load<i32>(scores);
  for (let index = 1; index < count; index++) {
    largest = max(largest, load<i32>(scores + (<usize>index << 2)));
  }
  const most = i32x4.splat(largest), by = i32x4.splat(multiplier);
  const half = i32x4.splat(1 << (shift - 1));
  let sum = 0;
  for (let index = 0; index < count; index += 4) {
    const below = i32x4.sub(most, v128.load(scores + (<usize>index << 2)));
    const steps = clamp4(requantize4(below, by, half, shift), 0, 255);
    const first = <u32>load<u8>(table + i32x4.extract_lane(steps, 0));
    const second = <u32>load<u8>(table + i32x4.extract_lane(steps, 1));
    const third = <u32>load<u8>(table + i32x4.extract_lane(steps, 2));
    const fourth = <u32>load<u8>(table + i32x4.extract_lane(steps, 3));
    store<u32>(out + index, first | (second << 8) | (third << 16) | (fourth << 24));
    sum += first + second + third + fourth;
  }
  for (let index = count; index < ((count + 3) & ~3); index++) sum -= load<u8>(out + index);
  memory.fill(out + count, 0, whole - count);
  return sum;
}

/** As rowScale and what follows it in attention-reference.ts; size is a multiple of 16. */
function scaleRow(
  sums: usize, size: i32, sum: i32, multiplier: i32, shift: i32, out: usize,
): void {
  const up = clz(sum) - 17;
  const scaled = up >= 0 ? sum << up : sum >> -up;
  const reciprocal = ((1 << 29) - 1) / scaled;
  const by = i32x4.splat(min(32767, (reciprocal * multiplier + (1 << 14)) >> 15));
  const down = shift - up - 1;
  const half = i32x4.splat(1 << (down - 1));
  for (let index = 0; index < size; index += 16, sums += 64) {
    v128.store(out + index, bytesOf(
      attended(v128.load(sums), by, half, down),
      attended(v128.load(sums, 16), by, half, down),
      attended(v128.load(sums, 32), by, half, down),
      attended(v128.load(sums, 48), by, half, down),
    ));
  }
}

@inline
function attended(sum: v128, by: v128, half: v128, down: i32): v128 {
  return i32x4.add(clamp4(requantize4(sum, by, half, down), -64, 63), i32x4.splat(64));
}
