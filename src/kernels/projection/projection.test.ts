import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream, type RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { float32Tensor, randomFloat32, randomInt8, randomUint7 } from '../operator-case.ts';
import { tensorOver } from '../tensor-view.ts';
import type { WasmBuild } from '../wasm-kernels.ts';
import { columnSizesReference, exactReference, floatsReference } from './projection-reference.ts';
import { openProjectorBuild, type WasmProjector } from './wasm-projector.ts';

const HALF = 2 ** 30 - 1;

/** Sizes with every rest of 2, 4 and 8, rows of one, and strips of more rows than one. */
const SHAPES = [
  [1, 1],
  [2, 2],
  [3, 3],
  [5, 4],
  [2, 7],
  [7, 8],
  [4, 9],
  [3, 1023],
  [2, 1024],
  [3, 1025],
  [9000, 5],
  [90, 2049],
  [2, 70_001],
] as const;

describe.each(['relaxed', 'plain'] as const)('the %s projections', (build) => {
  const projector = openedBuild(build);

  it.each(SHAPES)('of integers [%i, %i] equal the reference', (rows, columns) => {
    const random = randomStream(rows * columns, 'projection');
    const factors = residues(columns, random);
    for (const matrix of [
      randomUint7(random, [rows, columns]),
      randomInt8(random, [rows, columns]),
    ]) {
      const by = { factors, magnitudeMax: 128 };
      expect(projector.exact(matrix, by)).toEqual(exactReference(matrix, by));
    }
    for (const magnitudeMax of [1, 2 ** 24, 2 ** 31]) {
      const matrix = words([rows, columns], { random, magnitudeMax });
      const by = { factors, magnitudeMax };
      expect(projector.exact(matrix, by)).toEqual(exactReference(matrix, by));
    }
  });

  it('of the largest integers and factors do not overflow', () => {
    const columns = 132_104;
    const factors = new Int32Array(columns).fill(-HALF);
    const bytes = new Int8Array(columns).fill(-128);
    const matrix = tensorOver({ dtype: 'int8', shape: [1, columns], values: bytes });
    const sevens = new Uint8Array(columns).fill(127);
    const left = tensorOver({ dtype: 'uint8', shape: [1, columns], values: sevens });
    const lows = new Int32Array(columns).fill(-(2 ** 31));
    const low = tensorOver({ dtype: 'int32', shape: [1, columns], values: lows });
    for (const each of [matrix, left, low]) {
      for (const list of [factors, factors.map((factor) => -factor)]) {
        const by = { factors: list, magnitudeMax: 2 ** 31 };
        expect(projector.exact(each, by).residues).toEqual(exactReference(each, by).residues);
      }
    }
  });

  it('tell the largest magnitude wherever it stands', () => {
    for (let index = 0; index < 15; index++) {
      const values = new Int32Array(15).fill(-3);
      values[index] = -(2 ** 31);
      const matrix = tensorOver({ dtype: 'int32', shape: [3, 5], values });
      const by = { factors: new Int32Array(5), magnitudeMax: 10 };
      expect(projector.exact(matrix, by).largest).toBe(2 ** 31);
      for (const dtype of ['uint8', 'int8'] as const) {
        const bytes = tensorOver({ dtype, shape: [3, 5], values: new Uint8Array(15) });
        bytes.bytes[index] = 128;
        expect(projector.exact(bytes, by).largest).toBe(128);
      }
    }
  });

  it.each(SHAPES)('of floats [%i, %i] equal the reference to the last bits', (rows, columns) => {
    const random = randomStream(rows * columns, 'projection');
    const matrix = randomFloat32(random, { shape: [rows, columns] });
    const middle = Math.floor(columns / 2);
    const groups = [
      { start: 0, end: middle },
      { start: middle, end: columns },
      { start: 0, end: columns },
    ].map((range) => ({ columns: range, factors: lists(range.end - range.start, random) }));
    for (const squares of [true, false]) {
      const made = projector.floats(matrix, { groups, squares });
      const expected = floatsReference(matrix, { groups });
      // Sums of at most `columns` numbers below 2, in f64, in two orders.
      expect(largestDifference(made.sums, expected.sums)).toBeLessThan(columns * 1e-14);
      const none = new Float64Array();
      const wanted = squares ? expected.squares : none;
      expect(largestDifference(made.squares, wanted)).toBeLessThan((rows + columns) * 1e-12);
    }
  });

  it.each(SHAPES)('tell sizes of the columns of [%i, %i]', (rows, columns) => {
    const random = randomStream(rows * columns, 'sizes');
    const matrix = randomFloat32(random, { shape: [rows, columns] });
    const made = projector.columnSizes(matrix);
    const expected = columnSizesReference(matrix);
    for (const size of ['sums', 'magnitudes', 'squares'] as const) {
      expect(largestDifference(made[size], expected[size])).toBeLessThan((rows + columns) * 1e-12);
    }
  });

  it('show a NaN or an infinity in its own row and group alone', () => {
    fc.assert(
      fc.property(
        fc.nat(4),
        fc.nat(10),
        fc.constantFrom(NaN, Infinity, -Infinity),
        (row, column, value) => {
          const values = new Float32Array(55).fill(1);
          values[row * 11 + column] = value;
          const matrix = float32Tensor([5, 11], [...values]);
          const groups = [0, 1].map((half) => {
            const columns = { start: half * 6, end: half * 5 + 6 };
            const count = columns.end - columns.start;
            return { columns, factors: lists(count, randomStream(column, 'factors')) };
          });
          const { sums, squares } = projector.floats(matrix, { groups, squares: true });
          const group = column < 6 ? 0 : 1;
          for (const [index, sum] of sums.entries()) {
            const hit = Math.floor(index / 4) === row * 2 + group;
            expect(Number.isFinite(sum)).toBe(!hit);
          }
          // Those are of the first group.
          expect([...squares].map((square) => Number.isFinite(square))).toEqual(
            Array.from({ length: 5 }, (_, index) => index !== row || group !== 0),
          );
        },
      ),
    );
  });

  it('keep lists of factors apart, also when there are more than are kept', () => {
    const random = randomStream(3, 'many');
    const matrix = randomFloat32(random, { shape: [2, 50_000] });
    const columns = { start: 0, end: 50_000 };
    // 50 lists of 1.6 MB each.
    const groups = Array.from({ length: 50 }, () => ({
      columns,
      factors: lists(50_000, random),
    }));
    for (let again = 0; again < 2; again++) {
      const { sums } = projector.floats(matrix, { groups, squares: false });
      const expected = floatsReference(matrix, { groups }).sums;
      expect(largestDifference(sums, expected)).toBeLessThan(1e-9);
    }
  });
});

it('of floats have the same bits in both builds, whether the engine fuses or not', () => {
  const [relaxed, plain] = [openedBuild('relaxed'), openedBuild('plain')];
  const random = randomStream(1, 'bits');
  // Of many magnitudes, subnormal ones among them.
  const values = Float32Array.from({ length: 40 * 301 }, () => {
    return (random.nextUnit() - 0.5) * 2 ** (random.nextBelow(250) - 148);
  });
  const matrix = tensorOver({ dtype: 'float32', shape: [40, 301], values });
  const groups = [{ columns: { start: 0, end: 301 }, factors: lists(301, random) }];
  const by = { groups, squares: true };
  expect(relaxed.floats(matrix, by)).toEqual(plain.floats(matrix, by));
  expect(relaxed.columnSizes(matrix)).toEqual(plain.columnSizes(matrix));
});

function openedBuild(build: WasmBuild): WasmProjector {
  const opened = openProjectorBuild(build);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

function residues(count: number, random: RandomStream): Int32Array {
  return Int32Array.from({ length: count }, () => random.nextBelow(2 * HALF + 1) - HALF);
}

/** Of 29 bits. */
function lists(count: number, random: RandomStream): Float64Array {
  return Float64Array.from({ length: 4 * count }, () => 1 + random.nextBelow(2 ** 28) / 2 ** 28);
}

function words(
  shape: readonly [number, number],
  { random, magnitudeMax }: { random: RandomStream; magnitudeMax: number },
): Tensor {
  const values = Int32Array.from({ length: shape[0] * shape[1] }, () => {
    return Math.round((random.nextUnit() * 2 - 1) * magnitudeMax);
  });
  return tensorOver({ dtype: 'int32', shape, values });
}

function largestDifference(left: Float64Array, right: Float64Array): number {
  if (left.length !== right.length) return Infinity;
  return left.reduce((high, value, index) => {
    return Math.max(high, Math.abs(value - (right[index] ?? NaN)));
  }, 0);
}
