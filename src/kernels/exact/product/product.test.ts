import { describe, expect, it } from 'vitest';
import { MODES, startExact } from '../gpt/wasm-exports.ts';

/** The sums of a row of 127s, by one column of weights, with both ways to sum words. */
function sumsOf(build: 'relaxed' | 'plain', column: readonly number[]): number[] {
  const started = startExact(build);
  if (!started.ok) throw new Error(started.failure.message);
  const wasm = started.value;
  wasm.memory.grow(1);
  const inner = column.length;
  const from = wasm.freeStart();
  const [packed, small, left, zeros, out] = [1, 9, 10, 14, 15].map(
    (place) => from + place * 1_024,
  ) as [number, number, number, number, number]; // As many as the list has.
  new Int8Array(wasm.memory.buffer, from, inner).set(column);
  wasm.pack(from, inner, 1, packed, small);
  new Uint8Array(wasm.memory.buffer, left, 4 * inner).fill(127);
  return [0, 1].flatMap((whole) => {
    wasm.sumWholeDots(whole);
    const right = [packed, 8 * inner, small, 8, zeros, zeros, 1] as const;
    wasm.product(left, inner, 4, inner, ...right, MODES.raw, 0, out, 32);
    const sums = new Int32Array(wasm.memory.buffer, out, 32);
    return [0, 8, 16, 24].map((at) => sums[at] ?? NaN);
  });
}

/** A column whose words' first pairs are these four weights, in one place of its 128. */
function withFour(first: number, [a, b, c, d]: readonly [number, number, number, number]) {
  const column = Array.from({ length: 128 }, () => 0);
  [column[first], column[first + 1], column[first + 4], column[first + 5]] = [a, b, c, d];
  return column;
}

describe.each(['relaxed', 'plain'] as const)('a product on WASM, built %s', (build) => {
  it.each<[string, number[]]>([
    ['what just fits 16 bits', withFour(0, [64, 64, 65, 65])],
    ['what just does not', withFour(0, [65, 64, 65, 65])],
    ['what just does not, in the last words', withFour(120, [65, 64, 65, 65])],
    ['what just does not, in the second pairs', withFour(66, [65, 64, 65, 65])],
    ['what just fits, negative', withFour(64, [-64, -64, -65, -65])],
    ['what just does not, negative', withFour(64, [-65, -64, -65, -65])],
    ['signs that only together are small', withFour(8, [127, -128, 127, 127])],
    ['the largest weights', Array.from({ length: 128 }, () => 127)],
    ['the smallest weights', Array.from({ length: 128 }, () => -128)],
  ])('sums %s', (_, column) => {
    const expected = 127 * column.reduce((sum, weight) => sum + weight, 0);
    expect(sumsOf(build, column)).toEqual(Array.from({ length: 8 }, () => expected));
  });
});
