import { describe, expect, it } from 'vitest';
import { EXACT_INNER_MAX } from '../../../domain/limits.ts';
import { randomStream } from '../../../domain/random.ts';
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
    wasm.product(left, inner, 4, inner, ...right, MODES.raw, 0, out, 32, 0);
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

  // Both sides of what is packed first, of a strip of 5, and of what is packed at a time: 10 such rows.
  it.each([8, 9, 10, 11, 15, 16, 23])('multiplies %i rows of the deepest', (rows) => {
    const started = startExact(build);
    if (!started.ok) throw new Error(started.failure.message);
    const wasm = started.value;
    wasm.memory.grow(64);
    const inner = EXACT_INNER_MAX;
    const from = wasm.freeStart();
    const [packed, zeros, strips, out, left] = [8, 16, 17, 30, 31].map(
      (place) => from + place * inner,
    ) as [number, number, number, number, number]; // As many as the list has.
    const stream = randomStream(rows, 'deep');
    const column = Int8Array.from({ length: inner }, () => stream.nextBelow(256) - 128);
    const row = (index: number) => new Uint8Array(wasm.memory.buffer, left + index * inner, inner);
    for (let index = 0; index < rows; index++) {
      row(index).set(Uint8Array.from({ length: inner }, () => stream.nextBelow(128)));
    }
    new Int8Array(wasm.memory.buffer, from, inner).set(column);
    wasm.pack(from, inner, 1, packed, 0);
    const expected = Array.from({ length: rows }, (_, index) =>
      row(index).reduce((sum, value, depth) => sum + value * (column[depth] ?? NaN), 0),
    );
    for (const whole of [0, 1]) {
      wasm.sumWholeDots(whole);
      const right = [packed, 8 * inner, 0, 8, zeros, zeros, 1] as const;
      const sums = new Int32Array(wasm.memory.buffer, out, rows * 8);
      sums.fill(-1);
      wasm.product(left, inner, rows, inner, ...right, MODES.raw, 0, out, 32, strips);
      expect(Array.from(expected, (_, index) => sums[index * 8])).toEqual(expected);
    }
  });
});
