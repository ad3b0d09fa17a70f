import { exp } from '../unary/unary.as';

/** Keys of a block; their scores, and then their weights, are in SCORES. */
const BLOCK: i32 = 256;
const SCORES: usize = memory.data(1024, 16);
/** Products that are summed in f32, four at a time, before they go on in f64. Bytes of an operand. */
const DEPTH_BYTES: usize = 4096;

/** Causal attention of one head, streaming over blocks of keys; sums of weights are in f64. */
export function attention(
  q: usize, k: usize, v: usize, positions: usize, out: usize,
  rows: i32, depth: i32, width: i32, scale: f32,
): void {
  const depthBytes = <usize>depth << 2;
  const widthBytes = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    attend(q, k, v, out, load<i32>(positions) + 1, depthBytes, widthBytes, scale);
    q += depthBytes;
    out += widthBytes;
    positions += 4;
  }
}

function attend(
  q: usize, k: usize, v: usize, out: usize,
  visible: i32, depthBytes: usize, widthBytes: usize, scale: f32,
): void {
  let highest: f32 = -Infinity;
  let total: f64 = 0;
  memory.fill(out, 0, widthBytes);
  for (let first = 0; first < visible; first += BLOCK) {
    const count = min(BLOCK, visible - first);
    const top = max(highest, scores(q, k, count, depthBytes, scale));
    k += <usize>count * depthBytes;
    // As long as all scores are -Infinity, nothing has any weight; v is looked at all the same.
    const base: f32 = top == -Infinity ? 0 : top;
    const factor = f32x4.extract_lane(exp(f32x4.splat(highest - base)), 0);
    total = total * <f64>factor + weights(count, base);
    addValues(v, out, count, widthBytes, factor);
    v += <usize>count * widthBytes;
    highest = top;
  }
  const divisor = <f32>total;
  for (let at: usize = 0; at < widthBytes; at += 4) {
    const mean = load<f32>(out + at) / divisor;
    // Of all that is not finite: NaN.
    store<f32>(out + at, mean + (mean - mean));
  }
}

/** Writes the scores of a block, and returns the highest; NaN where one is. */
function scores(q: usize, k: usize, count: i32, depthBytes: usize, scale: f32): f32 {
  let highest: f32 = -Infinity;
  for (let key = 0; key < count; key++, k += depthBytes) {
    const score = <f32>dot(q, k, depthBytes) * scale;
    store<f32>(SCORES + (<usize>key << 2), score);
    highest = max(highest, score);
  }
  return highest;
}

function dot(a: usize, b: usize, bytes: usize): f64 {
  let sum: f64 = 0;
  let at: usize = 0;
  const whole = bytes & ~15;
  while (at < whole) {
    let lanes = f32x4.splat(0);
    for (const end = min(at + DEPTH_BYTES, whole); at < end; at += 16) {
      lanes = f32x4.add(lanes, f32x4.mul(v128.load(a + at), v128.load(b + at)));
    }
    sum += <f64>f32x4.extract_lane(lanes, 0) + <f64>f32x4.extract_lane(lanes, 1);
    sum += <f64>f32x4.extract_lane(lanes, 2) + <f64>f32x4.extract_lane(lanes, 3);
  }
  for (; at < bytes; at += 4) sum += <f64>load<f32>(a + at) * <f64>load<f32>(b + at);
  return sum;
}

/** Makes weights of scores, e^(score - highest), and returns their sum. */
function weights(count: i32, highest: f32): f64 {
  const by = f32x4.splat(highest);
  const end = SCORES + (<usize>count << 2);
  // Behind the last there may be some of an earlier block: nobody reads what becomes of them.
  for (let at = SCORES; at < end; at += 16) v128.store(at, exp(f32x4.sub(v128.load(at), by)));
  let sum: f64 = 0;
  for (let at = SCORES; at < end; at += 4) sum += <f64>load<f32>(at);
  return sum;
}

/** out = out factor + sum of weight v over a block's keys. */
function addValues(v: usize, out: usize, count: i32, widthBytes: usize, factor: f32): void {
  const end = SCORES + (<usize>count << 2);
  let column: usize = 0;
  for (; column + 16 <= widthBytes; column += 16) {
    let sum = f32x4.splat(0);
    let from = v + column;
    for (let at = SCORES; at < end; at += 4, from += widthBytes) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(at), v128.load(from)));
    }
    const before = f32x4.mul(v128.load(out + column), f32x4.splat(factor));
    v128.store(out + column, f32x4.add(before, sum));
  }
  for (; column < widthBytes; column += 4) {
    let sum: f32 = 0;
    let from = v + column;
    for (let at = SCORES; at < end; at += 4, from += widthBytes) {
      sum += load<f32>(at) * load<f32>(from);
    }
    store<f32>(out + column, load<f32>(out + column) * factor + sum);
  }
}
