// Packs operands of a product, so that its innermost loop reads them one word behind the other and
// has no edges: what lies outside of a matrix is zero.
import {
  sourceBytes, span, word, zipHighBytes, zipHighPairs, zipLowBytes, zipLowPairs,
} from './product-word.as';
import { tileRows } from './product-tile.as';

/** Packs rows x depths of a left matrix, rows of `k` elements, in strips of the tile's rows. */
export function packLeft<T, D>(
  a: usize, k: i32, depths: i32, rows: i32, groups: i32, out: usize,
): void {
  const size = sourceBytes<T>();
  const strip = tileRows<T, D>();
  const pitch = <usize>strip << 2;
  for (let row = 0; row < rows; row += strip) {
    for (let lane = 0; lane < strip; lane++) {
      const from = a + <usize>(row + lane) * k * size;
      let at = out + (<usize>row * groups << 2) + (lane << 2);
      const depthsHere = row + lane < rows ? depths : 0;
      let group = 0;
      if (isFloat<T>() || ASC_FEATURE_RELAXED_SIMD) {
        for (const whole = depthsHere / span<T>(); group + 4 <= whole; group += 4) {
          const words = v128.load(from + (<usize>group << 2));
          v128.store_lane<u32>(at, words, 0);
          v128.store_lane<u32>(at + pitch, words, 1);
          v128.store_lane<u32>(at + 2 * pitch, words, 2);
          v128.store_lane<u32>(at + 3 * pitch, words, 3);
          at += 4 * pitch;
        }
      }
      for (; group < groups; group++, at += pitch) {
        const depth = group * span<T>();
        store<u32>(at, word<T>(from + <usize>depth * size, size, depthsHere - depth));
      }
    }
  }
}

/** Packs depths x columns of a right matrix, rows of `n` elements, in panels of 8 columns. */
export function packRight<T>(
  b: usize, n: i32, depths: i32, columns: i32, groups: i32, out: usize,
): void {
  const size = sourceBytes<T>();
  const pitch = <usize>n * size;
  const panel = <usize>groups << 5;
  const whole = depths / span<T>();
  // Two panels at a time, so that each cache line is read once or twice and not eight times.
  for (let column = 0; column < columns; column += 16, out += 2 * panel) {
    const wide = columns - column;
    const from = b + <usize>column * size;
    let group = 0;
    if (wide >= 16) {
      for (; group < whole; group++) {
        const at = out + (<usize>group << 5);
        packSixteen<T>(from + <usize>(group * span<T>()) * pitch, pitch, at, at + panel);
      }
    }
    for (; group < groups; group++) {
      const depth = group * span<T>();
      const row = from + <usize>depth * pitch;
      const at = out + (<usize>group << 5);
      // A panel that the columns do not reach is not read, and may have no room.
      const lanes = wide > 8 ? 16 : 8;
      for (let lane = 0; lane < lanes; lane++) {
        const left = lane < wide ? depths - depth : 0;
        const to = at + (lane < 8 ? 0 : panel - 32) + (lane << 2);
        store<u32>(to, word<T>(row + <usize>lane * size, pitch, left));
      }
    }
  }
}

/** Sixteen words of neighbouring columns, all elements present: eight to each panel. */
@inline
function packSixteen<T>(from: usize, pitch: usize, low: usize, high: usize): void {
  if (isFloat<T>()) {
    v128.store(low, v128.load(from));
    v128.store(low, v128.load(from, 16), 16);
    v128.store(high, v128.load(from, 32));
    v128.store(high, v128.load(from, 48), 16);
  } else if (ASC_FEATURE_RELAXED_SIMD) {
    const r0 = v128.load(from), r1 = v128.load(from + pitch);
    const r2 = v128.load(from + 2 * pitch), r3 = v128.load(from + 3 * pitch);
    let upper = zipLowBytes(r0, r1), lower = zipLowBytes(r2, r3);
    v128.store(low, zipLowPairs(upper, lower));
    v128.store(low, zipHighPairs(upper, lower), 16);
    upper = zipHighBytes(r0, r1);
    lower = zipHighBytes(r2, r3);
    v128.store(high, zipLowPairs(upper, lower));
    v128.store(high, zipHighPairs(upper, lower), 16);
  } else {
    const even = v128.load(from), odd = v128.load(from + pitch);
    const r0 = i16x8.extend_low_i8x16_s(even), r1 = i16x8.extend_low_i8x16_s(odd);
    v128.store(low, zipLowPairs(r0, r1));
    v128.store(low, zipHighPairs(r0, r1), 16);
    const r2 = i16x8.extend_high_i8x16_s(even), r3 = i16x8.extend_high_i8x16_s(odd);
    v128.store(high, zipLowPairs(r2, r3));
    v128.store(high, zipHighPairs(r2, r3), 16);
  }
}
