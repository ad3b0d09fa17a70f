// The product of few rows, behind matmul and qmatmul as block-product.as.ts: what a model does for
// each token. It reads each element of the right matrix a row's length from the next and uses it
// once a row, so that packing would cost more than multiplying: the right matrix is read straight,
// some rows of it side by side, and sums are kept in memory, where the first-level cache has them.
import {
  multiplyAdd, ONES, sourceBytes, word, zipHighBytes, zipHighPairs, zipLowBytes, zipLowPairs,
} from './product-word.as';

/** Longest sum of f32, see tolerance.ts. */
const DEPTHS_MAX: i32 = 256;

/**
 * As `blockProduct`, for few rows; `partial` has the room of c.
 *
 * A slab does not reach over a multiple of 256 along k: f32 sums of 256 begin anew there.
 */
export function rowProduct<T, D>(
  a: usize, b: usize, c: usize, partial: usize,
  m: i32, k: i32, n: i32, depth: i32, depths: i32,
): void {
  const out = isFloat<T>() && depth >= DEPTHS_MAX ? partial : c;
  const bytes = (<usize>m * n) << 2;
  if (depth == 0 || (isFloat<T>() && depth % DEPTHS_MAX == 0)) memory.fill(out, 0, bytes);
  for (let row = 0; row < m; row++) {
    const left = a + (<usize>row * k + depth) * sourceBytes<T>();
    const to = out + ((<usize>row * n) << 2);
    if (isFloat<T>()) addFloats(left, b, to, n, depths);
    else addBytes<D>(left, b, to, n, depths);
  }
  const end = depth + depths;
  if (out == c || (end % DEPTHS_MAX != 0 && end != k)) return;
  addTo(c, partial, m * n);
}

function addTo(c: usize, partial: usize, count: i32): void {
  let at: usize = 0;
  for (const whole = <usize>(count & ~3) << 2; at < whole; at += 16) {
    v128.store(c + at, f32x4.add(v128.load(c + at), v128.load(partial + at)));
  }
  for (const end = <usize>count << 2; at < end; at += 4) {
    store<f32>(c + at, load<f32>(c + at) + load<f32>(partial + at));
  }
}

/** out[n] += a[depths] x b[depths,n] */
function addFloats(a: usize, b: usize, out: usize, n: i32, depths: i32): void {
  const pitch = <usize>n << 2;
  let depth = 0;
  for (; depth + 8 <= depths; depth += 8, a += 32, b += 8 * pitch) {
    addEightRows(a, b, out, n);
  }
  for (; depth < depths; depth++, a += 4, b += pitch) addOneRow(a, b, out, n);
}

function addEightRows(a: usize, b: usize, out: usize, n: i32): void {
  const pitch = <usize>n << 2;
  const b1 = b + pitch, b2 = b1 + pitch, b3 = b2 + pitch;
  const b4 = b3 + pitch, b5 = b4 + pitch, b6 = b5 + pitch, b7 = b6 + pitch;
  const a0 = v128.load32_splat(a), a1 = v128.load32_splat(a, 4);
  const a2 = v128.load32_splat(a, 8), a3 = v128.load32_splat(a, 12);
  const a4 = v128.load32_splat(a, 16), a5 = v128.load32_splat(a, 20);
  const a6 = v128.load32_splat(a, 24), a7 = v128.load32_splat(a, 28);
  let at: usize = 0;
  for (const whole = <usize>(n & ~3) << 2; at < whole; at += 16) {
    let sum = v128.load(out + at);
    sum = multiplyAdd<f32, f32>(a0, v128.load(b + at), sum, a0);
    sum = multiplyAdd<f32, f32>(a1, v128.load(b1 + at), sum, a0);
    sum = multiplyAdd<f32, f32>(a2, v128.load(b2 + at), sum, a0);
    sum = multiplyAdd<f32, f32>(a3, v128.load(b3 + at), sum, a0);
    sum = multiplyAdd<f32, f32>(a4, v128.load(b4 + at), sum, a0);
    sum = multiplyAdd<f32, f32>(a5, v128.load(b5 + at), sum, a0);
    sum = multiplyAdd<f32, f32>(a6, v128.load(b6 + at), sum, a0);
    sum = multiplyAdd<f32, f32>(a7, v128.load(b7 + at), sum, a0);
    v128.store(out + at, sum);
  }
  for (; at < pitch; at += 4) {
    let sum = load<f32>(out + at);
    for (let row: usize = 0; row < 8; row++) {
      sum += load<f32>(a + (row << 2)) * load<f32>(b + row * pitch + at);
    }
    store<f32>(out + at, sum);
  }
}

function addOneRow(a: usize, b: usize, out: usize, n: i32): void {
  const factors = v128.load32_splat(a);
  let at: usize = 0;
  for (const whole = <usize>(n & ~3) << 2; at < whole; at += 16) {
    const sum = v128.load(out + at);
    v128.store(out + at, multiplyAdd<f32, f32>(factors, v128.load(b + at), sum, sum));
  }
  for (const end = <usize>n << 2; at < end; at += 4) {
    store<f32>(out + at, load<f32>(out + at) + load<f32>(a) * load<f32>(b + at));
  }
}

/** As `addFloats`, of bytes. */
function addBytes<D>(a: usize, b: usize, out: usize, n: i32, depths: i32): void {
  for (let depth = 0; depth < depths; depth += 8) {
    addEightByteRows<D>(a + depth, b + <usize>depth * n, out, n, depths - depth);
  }
}

/** Of eight rows `left` are there; those behind are read as the last one, times zero. */
function addEightByteRows<D>(a: usize, b: usize, out: usize, n: i32, left: i32): void {
  const last = left - 1;
  const b1 = b + <usize>(min(1, last) * n), b2 = b + <usize>(min(2, last) * n);
  const b3 = b + <usize>(min(3, last) * n), b4 = b + <usize>(min(4, last) * n);
  const b5 = b + <usize>(min(5, last) * n), b6 = b + <usize>(min(6, last) * n);
  const b7 = b + <usize>(min(7, last) * n);
  let column = 0;
  if (ASC_FEATURE_RELAXED_SIMD) {
    const ones = v128.load(ONES);
    const low = i32x4.splat(word<i32>(a, 1, left)), high = i32x4.splat(word<i32>(a + 4, 1, left - 4));
    for (; column + 16 <= n; column += 16) {
      const at = out + (<usize>column << 2);
      addFour<D>(
        v128.load(b + column), v128.load(b1 + column),
        v128.load(b2 + column), v128.load(b3 + column), low, at, ones,
      );
      addFour<D>(
        v128.load(b4 + column), v128.load(b5 + column),
        v128.load(b6 + column), v128.load(b7 + column), high, at, ones,
      );
    }
  } else {
    const a0 = i32x4.splat(word<i32>(a, 1, left)), a1 = i32x4.splat(word<i32>(a + 2, 1, left - 2));
    const a2 = i32x4.splat(word<i32>(a + 4, 1, left - 4));
    const a3 = i32x4.splat(word<i32>(a + 6, 1, left - 6));
    for (; column + 8 <= n; column += 8) {
      const at = out + (<usize>column << 2);
      addTwo(b + column, b1 + column, a0, at);
      addTwo(b2 + column, b3 + column, a1, at);
      addTwo(b4 + column, b5 + column, a2, at);
      addTwo(b6 + column, b7 + column, a3, at);
    }
  }
  for (; column < n; column++) {
    const at = out + (<usize>column << 2);
    let sum = load<i32>(at);
    for (let row = 0; row < min(8, left); row++) {
      sum += <i32>load<u8>(a + row) * <i32>load<i8>(b + <usize>row * n + column);
    }
    store<i32>(at, sum);
  }
}

/** Adds four rows of sixteen columns, times the four elements of `left`'s word. */
@inline
function addFour<D>(
  r0: v128, r1: v128, r2: v128, r3: v128, left: v128, out: usize, ones: v128,
): void {
  let upper = zipLowBytes(r0, r1), lower = zipLowBytes(r2, r3);
  addWord<D>(left, zipLowPairs(upper, lower), out, ones);
  addWord<D>(left, zipHighPairs(upper, lower), out + 16, ones);
  upper = zipHighBytes(r0, r1);
  lower = zipHighBytes(r2, r3);
  addWord<D>(left, zipLowPairs(upper, lower), out + 32, ones);
  addWord<D>(left, zipHighPairs(upper, lower), out + 48, ones);
}

/** Adds two rows of eight columns, times the two elements of `left`'s word. */
@inline
function addTwo(even: usize, odd: usize, left: v128, out: usize): void {
  const r0 = v128.load_ext<i8>(even), r1 = v128.load_ext<i8>(odd);
  addWord<i32>(left, zipLowPairs(r0, r1), out, left);
  addWord<i32>(left, zipHighPairs(r0, r1), out + 16, left);
}

@inline
function addWord<D>(left: v128, right: v128, out: usize, ones: v128): void {
  v128.store(out, multiplyAdd<i32, D>(left, right, v128.load(out), ones));
}
