// Products of u8 rows in 0..127 with packed i8 weights, and what is made of the sums.
//
// Packed weights are panels of 8 columns: of each, words of SPAN elements along the inner
// dimension (4 bytes for the relaxed dot product; 2, widened to 16 bits as they are read, without
// it), 8 columns beside each other. Inner dimensions are multiples of 16 and columns padded to 8,
// so nothing here has edges but the rows.

import { packLeft } from '../../product-pack.as';
import { tile, tileRows } from '../../product-tile.as';
import { clamp4, requantize4 } from '../requantize.as';

/** Elements of the inner dimension in a word. */
const SPAN: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 2;
const STEP: usize = 8 * SPAN;

/** What becomes of sums; numbered as in wasm-exports.ts. */
const RAW: i32 = 0;
const STORE: i32 = 1;
const ADD: i32 = 2;
export const ACTIVATE: i32 = 3;

const RESIDUAL_MAX: i32 = (1 << 30) - 1;

const onesAt: usize = memory.data<u16>([1, 1, 1, 1, 1, 1, 1, 1], 16);

/** Sums of one tile: at most 5 rows of 8 columns. */
const tileSums: usize = memory.data(160, 16);

/** Room for strips of packed rows: 130 of them 3072 deep, or one strip of the deepest. */
const STRIP_BYTES: i32 = 400 * 1024;
/** Of 8 rows, strips of 5 would compute 10. */
const FEW_ROWS_MAX: i32 = 8;

let wholeDots: bool = false;

/** Chooses how words are summed, see multiplyAdd. */
export function sumWholeDots(whole: bool): void {
  wholeDots = whole;
}

/** Depths whose weights are small together or not. */
const STRETCH: i32 = 64;
/** What four weights of one sign may sum to, so that with 127 each the sum fits 16 bits. */
const SMALL_SUM: i32 = 258;

/**
 * Packs weights [inner, columns], padded with zeros to 8 columns; `small` gets a byte a panel and
 * stretch of its depths, 1 where all sums of two words' pairs fit 16 bits, if it is not 0.
 */
export function pack(from: usize, inner: i32, columns: i32, out: usize, small: usize): void {
  const packed = out;
  const panels = (columns + 7) >> 3;
  for (let column = 0; column < columns; column += 8) {
    for (let depth = 0; depth < inner; depth += SPAN) {
      for (let lane = 0; lane < 8; lane++) {
        for (let index = 0; index < SPAN; index++, out++) {
          const at = <usize>(depth + index) * columns + (column + lane);
          store<i8>(out, column + lane < columns ? load<i8>(from + at) : 0);
        }
      }
    }
  }
  if (!ASC_FEATURE_RELAXED_SIMD || small == 0) return;
  for (let panel = 0; panel < panels; panel++) {
    const start = packed + <usize>(panel * inner) * 8;
    for (let depth = 0; depth < inner; depth += STRETCH, small++) {
      const end = min(inner, depth + STRETCH);
      store<u8>(small, isSmall(start + <usize>depth * 8, start + <usize>end * 8) ? 1 : 0);
    }
  }
}

/** Looks at two bytes each of a column's two next words at a time. */
function isSmall(from: usize, end: usize): bool {
  for (; from < end; from += 2 * STEP) {
    for (let pair: usize = 0; pair < STEP; pair += 2) {
      let above = 0, below = 0;
      for (let index: usize = 0; index < 2; index++) {
        for (let word: usize = 0; word < 2 * STEP; word += STEP) {
          const weight = <i32>load<i8>(from + word + pair + index);
          if (weight > 0) above += weight;
          else below -= weight;
        }
      }
      if (above > SMALL_SUM || below > SMALL_SUM) return false;
    }
  }
  return true;
}

/**
 * Multiplies rows [rows, inner] by columns, a multiple of 8, of packed weights whose panels lie
 * `panelBytes` apart. `stride` and `pitch` are the bytes from a row to the next, in and out; `small`
 * is what `pack` found of these panels, or 0; at `strips` is room for STRIP_BYTES, or it is 0.
 */
export function product(
  left: usize, stride: usize, rows: i32, inner: i32,
  panel: usize, panelBytes: usize, small: usize, columns: i32,
  bias: usize, multipliers: usize, shift: i32,
  mode: i32, table: usize, out: usize, pitch: usize, strips: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD && wholeDots && strips != 0 && rows > FEW_ROWS_MAX) {
    productOfStrips(
      left, stride, rows, inner, panel, panelBytes, columns,
      bias, multipliers, shift, mode, table, out, pitch, strips,
    );
    return;
  }
  const whole = rows & ~3;
  const size: usize = mode == ACTIVATE ? 1 : 4;
  const stretches = small == 0 ? 0 : <usize>((inner + STRETCH - 1) / STRETCH);
  for (let column = 0; column < columns; column += 8, panel += panelBytes, small += stretches) {
    const into = out + <usize>column * size;
    const by = <usize>column << 2;
    let row = 0;
    for (; row < whole; row += 4) {
      if (wholeDots) tile4<i32>(left + <usize>row * stride, stride, panel, inner, 0);
      else tile4<i16>(left + <usize>row * stride, stride, panel, inner, small);
      for (let lane = 0; lane < 4; lane++) {
        finish(
          tileSums + (<usize>lane << 5), bias + by, multipliers + by, shift,
          mode, table, into + <usize>(row + lane) * pitch,
        );
      }
    }
    for (; row < rows; row++) {
      if (wholeDots) tile1<i32>(left + <usize>row * stride, panel, inner);
      else tile1<i16>(left + <usize>row * stride, panel, inner);
      finish(
        tileSums, bias + by, multipliers + by, shift, mode, table, into + <usize>row * pitch,
      );
    }
  }
}

/** The same of many rows, packed first: a tile then reads one word behind the other. */
function productOfStrips(
  left: usize, stride: usize, rows: i32, inner: i32,
  panels: usize, panelBytes: usize, columns: i32,
  bias: usize, multipliers: usize, shift: i32,
  mode: i32, table: usize, out: usize, pitch: usize, strips: usize,
): void {
  const tall = tileRows<i32, i32>();
  const most = STRIP_BYTES / inner / tall * tall;
  const words = inner >> 2;
  const size: usize = mode == ACTIVATE ? 1 : 4;
  for (let first = 0; first < rows; first += most) {
    const high = min(most, rows - first);
    packLeft<i32, i32>(left + <usize>first * stride, stride, inner, high, words, strips);
    const into = out + <usize>first * pitch;
    for (let column = 0, panel = panels; column < columns; column += 8, panel += panelBytes) {
      const by = <usize>column << 2;
      for (let row = 0; row < high; row += tall) {
        tile<i32, i32>(strips + <usize>row * inner, panel, words, tileSums, 32, true);
        const lanes = min(tall, high - row);
        for (let lane = 0; lane < lanes; lane++) {
          finish(
            tileSums + (<usize>lane << 5), bias + by, multipliers + by, shift, mode, table,
            into + <usize>(row + lane) * pitch + <usize>column * size,
          );
        }
      }
    }
  }
}

@inline
function finish(
  sums: usize, bias: usize, multipliers: usize, shift: i32, mode: i32, table: usize, out: usize,
): void {
  let low = i32x4.add(v128.load(sums), v128.load(bias));
  let high = i32x4.add(v128.load(sums, 16), v128.load(bias, 16));
  if (mode != RAW) {
    const half = i32x4.splat(1 << (shift - 1));
    low = requantize4(low, v128.load(multipliers), half, shift);
    high = requantize4(high, v128.load(multipliers, 16), half, shift);
  }
  if (mode == ACTIVATE) {
    store<u32>(out, activated(low, table));
    store<u32>(out, activated(high, table), 4);
    return;
  }
  if (mode == ADD) {
    low = clamp4(i32x4.add(low, v128.load(out)), -RESIDUAL_MAX, RESIDUAL_MAX);
    high = clamp4(i32x4.add(high, v128.load(out, 16)), -RESIDUAL_MAX, RESIDUAL_MAX);
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}

@inline
function activated(value: v128, table: usize): u32 {
  const index = clamp4(value, -128, 127);
  const middle = table + 128;
  return <u32>load<u8>(middle + i32x4.extract_lane(index, 0))
    | (<u32>load<u8>(middle + i32x4.extract_lane(index, 1)) << 8)
    | (<u32>load<u8>(middle + i32x4.extract_lane(index, 2)) << 16)
    | (<u32>load<u8>(middle + i32x4.extract_lane(index, 3)) << 24);
}

/**
 * sum + row x column in each lane; the left elements are in 0..127: all engines agree.
 *
 * T says how words are summed, which changes no bit: at once (i32), one instruction where the
 * processor has it; or in pairs of 16 bits and then (i16), faster where it has not. `ones` comes
 * from memory, because engines would make a constant anew each time.
 */
@inline
function multiplyAdd<T>(left: v128, right: v128, sum: v128, ones: v128): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD) return i32x4.add(i32x4.dot_i16x8_s(left, right), sum);
  if (sizeof<T>() == 4) return i32x4.relaxed_dot_i8x16_i7x16_add_s(right, left, sum);
  const pairs = i16x8.relaxed_dot_i8x16_i7x16_s(right, left);
  return i32x4.add(i32x4.dot_i16x8_s(pairs, ones), sum);
}

/** A word of a row, for all columns. */
@inline
function leftWord(at: usize): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.load32_splat(at);
  return i16x8.extend_low_i8x16_u(v128.load16_splat(at));
}

/** A word of each of four columns. */
@inline
function rightWords(at: usize): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.load(at);
  return v128.load_ext<i8>(at);
}

/** Sums of two words each, where they fit 16 bits; see isSmall. */
@inline
function pairs(left: v128, right: v128, nextLeft: v128, nextRight: v128): v128 {
  return i16x8.add(
    i16x8.relaxed_dot_i8x16_i7x16_s(right, left),
    i16x8.relaxed_dot_i8x16_i7x16_s(nextRight, nextLeft),
  );
}

@inline
function addPairs(pairs: v128, sum: v128, ones: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(pairs, ones), sum);
}

function tile4<T>(left: usize, stride: usize, panel: usize, inner: i32, small: usize): void {
  const ones = v128.load(onesAt);
  let c00 = i32x4.splat(0), c01 = i32x4.splat(0);
  let c10 = i32x4.splat(0), c11 = i32x4.splat(0);
  let c20 = i32x4.splat(0), c21 = i32x4.splat(0);
  let c30 = i32x4.splat(0), c31 = i32x4.splat(0);
  let second = left + stride, third = second + stride, fourth = third + stride;
  for (const rowEnd = left + inner; left < rowEnd;) {
    const end = min(rowEnd, left + STRETCH);
    if (ASC_FEATURE_RELAXED_SIMD && sizeof<T>() == 2 && small != 0 && load<u8>(small++) == 1) {
      for (; left < end; panel += 2 * STEP) {
        const b0 = rightWords(panel), b1 = rightWords(panel + STEP / 2);
        const d0 = rightWords(panel + STEP), d1 = rightWords(panel + STEP + STEP / 2);
        let a = leftWord(left), e = leftWord(left + SPAN);
        c00 = addPairs(pairs(a, b0, e, d0), c00, ones);
        c01 = addPairs(pairs(a, b1, e, d1), c01, ones);
        a = leftWord(second), e = leftWord(second + SPAN);
        c10 = addPairs(pairs(a, b0, e, d0), c10, ones);
        c11 = addPairs(pairs(a, b1, e, d1), c11, ones);
        a = leftWord(third), e = leftWord(third + SPAN);
        c20 = addPairs(pairs(a, b0, e, d0), c20, ones);
        c21 = addPairs(pairs(a, b1, e, d1), c21, ones);
        a = leftWord(fourth), e = leftWord(fourth + SPAN);
        c30 = addPairs(pairs(a, b0, e, d0), c30, ones);
        c31 = addPairs(pairs(a, b1, e, d1), c31, ones);
        left += 2 * SPAN;
        second += 2 * SPAN;
        third += 2 * SPAN;
        fourth += 2 * SPAN;
      }
    } else {
      for (; left < end; panel += STEP) {
        const b0 = rightWords(panel), b1 = rightWords(panel + STEP / 2);
        let a = leftWord(left);
        c00 = multiplyAdd<T>(a, b0, c00, ones);
        c01 = multiplyAdd<T>(a, b1, c01, ones);
        a = leftWord(second);
        c10 = multiplyAdd<T>(a, b0, c10, ones);
        c11 = multiplyAdd<T>(a, b1, c11, ones);
        a = leftWord(third);
        c20 = multiplyAdd<T>(a, b0, c20, ones);
        c21 = multiplyAdd<T>(a, b1, c21, ones);
        a = leftWord(fourth);
        c30 = multiplyAdd<T>(a, b0, c30, ones);
        c31 = multiplyAdd<T>(a, b1, c31, ones);
        left += SPAN;
        second += SPAN;
        third += SPAN;
        fourth += SPAN;
      }
    }
  }
  v128.store(tileSums, c00);
  v128.store(tileSums, c01, 16);
  v128.store(tileSums, c10, 32);
  v128.store(tileSums, c11, 48);
  v128.store(tileSums, c20, 64);
  v128.store(tileSums, c21, 80);
  v128.store(tileSums, c30, 96);
  v128.store(tileSums, c31, 112);
}

function tile1<T>(left: usize, panel: usize, inner: i32): void {
  const ones = v128.load(onesAt);
  let c00 = i32x4.splat(0), c01 = i32x4.splat(0);
  let c10 = i32x4.splat(0), c11 = i32x4.splat(0);
  for (const end = left + inner; left < end; left += 2 * SPAN, panel += 2 * STEP) {
    let a = leftWord(left);
    c00 = multiplyAdd<T>(a, rightWords(panel), c00, ones);
    c01 = multiplyAdd<T>(a, rightWords(panel + STEP / 2), c01, ones);
    a = leftWord(left + SPAN);
    c10 = multiplyAdd<T>(a, rightWords(panel + STEP), c10, ones);
    c11 = multiplyAdd<T>(a, rightWords(panel + STEP + STEP / 2), c11, ones);
  }
  v128.store(tileSums, i32x4.add(c00, c10));
  v128.store(tileSums, i32x4.add(c01, c11), 16);
}
