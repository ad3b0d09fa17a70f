import { describe, expect, it } from 'vitest';
import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { openWasmProjector, runReference } from '../../kernels/index.ts';
import { randomInt8, randomUint7 } from '../../kernels/operator-case.ts';
import { exactReference } from '../../kernels/projection/projection-reference.ts';
import { int32View, int8View, tensorOver } from '../../kernels/tensor-view.ts';
import { PRIME, type Projector } from '../projector.ts';
import { QUANTIZED_PRODUCT_MAX } from './finite-and-range.ts';
import {
  EXACT_ESCAPE_MAX,
  EXACT_INNER_MAX,
  EXACT_ROUNDS,
  exactProbe,
  wrongProductRows,
} from './freivalds-exact.ts';

const projector = opened();
const SEEDS = 3000;
const [ROWS, INNER, COLUMNS] = [9, 70, 33];
const ROW = 4;
const left = randomUint7(randomStream(1, 'left'), [ROWS, INNER]);
const right = randomInt8(randomStream(2, 'right'), [INNER, COLUMNS]);
const honest = product(left, right);

/** Each about row 4 alone. */
const LIES: readonly [string, (row: Int32Array) => unknown][] = [
  ['one element by 1', (row) => (row[0] = (row[0] ?? 0) + 1)],
  ['the last element by -1', (row) => (row[COLUMNS - 1] = (row[COLUMNS - 1] ?? 0) - 1)],
  [
    'two elements by opposite amounts',
    (row) => {
      row[3] = (row[3] ?? 0) + 1;
      row[4] = (row[4] ?? 0) - 1;
    },
  ],
  ['a row doubled', (row) => row.forEach((x, index) => (row[index] = 2 * x))],
  ['a row of zeros', (row) => row.fill(0)],
  ['zeros in the tail', (row) => row.fill(0, COLUMNS - 2)],
  ['an element out of range', (row) => (row[9] = INNER * QUANTIZED_PRODUCT_MAX + 1)],
  ['the smallest integer', (row) => (row[9] = -(2 ** 31))],
  ['an element by the modulus', (row) => (row[9] = (row[9] ?? 0) + PRIME)],
];

describe('wrongProductRows', () => {
  it.each(LIES)('tells the very row with every seed: %s', (_, lie) => {
    const values = int32View(honest).slice();
    lie(values.subarray(ROW * COLUMNS, (ROW + 1) * COLUMNS));
    const claimed = tensorOver({ dtype: 'int32', shape: [ROWS, COLUMNS], values });
    expect(seedsWith((seed) => wrongRows(claimed, seed).join() !== `${ROW}`)).toEqual([]);
  });

  it('tells none of an honest product, with any seed', () => {
    expect(seedsWith((seed) => wrongRows(honest, seed).length > 0)).toEqual([]);
  });

  it('tells all rows of a product of half the inner dimension', () => {
    const half = int8View(right).slice();
    half.fill(0, (INNER / 2) * COLUMNS);
    const lesser = tensorOver({ dtype: 'int8', shape: [INNER, COLUMNS], values: half });
    expect(wrongRows(product(left, lesser), 1)).toHaveLength(ROWS);
  });

  it('tells all rows where the first operand has a number that the operator does not take', () => {
    const bytes = left.bytes.slice();
    bytes[INNER * ROW] = 128;
    const probe = exactProbe(right, { random: randomStream(1, 'factors'), projector });
    const claimed = { left: { ...left, bytes }, claimed: honest, probe };
    for (const by of [projector, PLAIN]) {
      expect(wrongProductRows({ ...claimed, projector: by })).toHaveLength(ROWS);
    }
  });

  it('holds with the largest numbers, and with the plain projection', () => {
    const inner = 2000;
    const a = tensorOver({
      dtype: 'uint8',
      shape: [2, inner],
      values: new Uint8Array(2 * inner).fill(127),
    });
    const b = tensorOver({
      dtype: 'int8',
      shape: [inner, 3],
      values: new Int8Array(3 * inner).fill(-128),
    });
    for (const by of [projector, PLAIN]) {
      const probe = exactProbe(b, { random: randomStream(1, 'factors'), projector: by });
      const claimed = product(a, b);
      expect(wrongProductRows({ left: a, claimed, probe, projector: by })).toEqual([]);
      const values = int32View(claimed).slice();
      values[5] = (values[5] ?? 0) + 1;
      const wrong = tensorOver({ dtype: 'int32', shape: [2, 3], values });
      expect(wrongProductRows({ left: a, claimed: wrong, probe, projector: by })).toEqual([1]);
    }
  });
});

describe('the bounds', () => {
  it('are those of one round, and of differences below the modulus', () => {
    expect(EXACT_ROUNDS).toBe(1);
    expect(1 / PRIME).toBeLessThanOrEqual(EXACT_ESCAPE_MAX);
    expect(2 * EXACT_INNER_MAX * QUANTIZED_PRODUCT_MAX).toBeLessThan(PRIME);
    expect(2 * (EXACT_INNER_MAX + 1) * QUANTIZED_PRODUCT_MAX).toBeGreaterThanOrEqual(PRIME);
  });
});

/** Without WASM. */
const PLAIN: Projector = {
  exact: exactReference,
  floats: notForIntegers,
  columnSizes: notForIntegers,
};

function notForIntegers(): never {
  throw new Error('integers are projected exactly');
}

function wrongRows(claimed: Tensor, seed: number): readonly number[] {
  const probe = exactProbe(right, { random: randomStream(seed, 'factors'), projector });
  return wrongProductRows({ left, claimed, probe, projector });
}

function seedsWith(holds: (seed: number) => boolean): number[] {
  return Array.from({ length: SEEDS }, (_, seed) => seed).filter(holds);
}

function product(a: Tensor, b: Tensor): Tensor {
  const made = runReference({ operator: 'qmatmul', inputs: [a, b] });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

function opened(): Projector {
  const outcome = openWasmProjector();
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}
