// What a core can do at most with 128-bit vectors: the instructions of products, in registers alone,
// and reads of memory. Roofs to hold kernels against; no kernel uses them.
import { multiplyAdd, ONES } from './product-word.as';

/** More sums than products take to be ready on any processor known. */
const SUMS: i32 = 12;

/** Factors. Loaded, because V8 makes a constant anew at each use. */
const HALVES: usize = memory.data<f32>([0.5, 0.5, 0.5, 0.5], 16);
const THREES: usize = memory.data<u32>([0x3030303, 0x3030303, 0x3030303, 0x3030303], 16);

/** Vectors that `turns` turns of each loop of products take. */
export function vectorsOf(turns: i32): f64 {
  return <f64>turns * SUMS;
}

/** Multiplies and adds vectors of f32. */
export function multiplyFloats(turns: i32): i32 {
  return loop<f32, f32>(turns, v128.load(HALVES));
}

/** Multiplies and adds vectors of bytes, by the one instruction. */
export function multiplyBytesFused(turns: i32): i32 {
  return loop<i32, i32>(turns, v128.load(THREES));
}

/** Multiplies and adds vectors of bytes, by pairs first. */
export function multiplyBytesByPairs(turns: i32): i32 {
  return loop<i32, i16>(turns, v128.load(THREES));
}

function loop<T, D>(turns: i32, left: v128): i32 {
  const ones = v128.load(ONES);
  let c0 = i8x16.splat(1), c1 = i8x16.splat(2), c2 = i8x16.splat(3), c3 = i8x16.splat(4);
  let c4 = i8x16.splat(5), c5 = i8x16.splat(6), c6 = i8x16.splat(7), c7 = i8x16.splat(8);
  let c8 = i8x16.splat(9), c9 = i8x16.splat(10), c10 = i8x16.splat(11), c11 = i8x16.splat(12);
  for (let turn = 0; turn < turns; turn++) {
    c0 = step<T, D>(left, c0, ones);
    c1 = step<T, D>(left, c1, ones);
    c2 = step<T, D>(left, c2, ones);
    c3 = step<T, D>(left, c3, ones);
    c4 = step<T, D>(left, c4, ones);
    c5 = step<T, D>(left, c5, ones);
    c6 = step<T, D>(left, c6, ones);
    c7 = step<T, D>(left, c7, ones);
    c8 = step<T, D>(left, c8, ones);
    c9 = step<T, D>(left, c9, ones);
    c10 = step<T, D>(left, c10, ones);
    c11 = step<T, D>(left, c11, ones);
  }
  c0 = either(either(either(c0, c1), either(c2, c3)), either(either(c4, c5), either(c6, c7)));
  return i32x4.extract_lane(either(c0, either(either(c8, c9), either(c10, c11))), 0);
}

@inline
function either(a: v128, b: v128): v128 {
  return v128.xor(a, b);
}

@inline
function step<T, D>(left: v128, sum: v128, ones: v128): v128 {
  // Where a product is ready before it is added, the sum is a factor too: else one product would
  // do for all sums, and compilers see that.
  const isOne = ASC_FEATURE_RELAXED_SIMD && (isFloat<T>() || sizeof<D>() == 4);
  return multiplyAdd<T, D>(left, isOne ? left : sum, sum, ones);
}

/** Where memory is free to read. */
export function readingStart(): usize {
  return (__heap_base + 63) & ~63;
}

/** Fills memory: what was never written is one page of zeros, and read from a cache. */
export function fillMemory(from: usize, bytes: usize): void {
  memory.fill(from, 1, bytes);
}

/** Copies the first half of `bytes` bytes to the other. */
export function copyMemory(from: usize, bytes: usize): void {
  memory.copy(from + bytes / 2, from, bytes / 2);
}

/** Reads `bytes` bytes, a multiple of 128, once. */
export function readMemory(from: usize, bytes: usize): i32 {
  let c0 = i32x4.splat(0), c1 = i32x4.splat(0), c2 = i32x4.splat(0), c3 = i32x4.splat(0);
  for (const end = from + bytes; from < end; from += 128) {
    c0 = either(c0, either(v128.load(from), v128.load(from, 16)));
    c1 = either(c1, either(v128.load(from, 32), v128.load(from, 48)));
    c2 = either(c2, either(v128.load(from, 64), v128.load(from, 80)));
    c3 = either(c3, either(v128.load(from, 96), v128.load(from, 112)));
  }
  return i32x4.extract_lane(either(either(c0, c1), either(c2, c3)), 0);
}
