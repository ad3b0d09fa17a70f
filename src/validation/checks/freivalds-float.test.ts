import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { openWasmProjector, productTolerance, runReference } from '../../kernels/index.ts';
import { float32Tensor, randomFloat32 } from '../../kernels/operator-case.ts';
import { float32View, tensorOver } from '../../kernels/tensor-view.ts';
import { openWasmBuild } from '../../kernels/wasm-kernels.ts';
import type { Projector } from '../projector.ts';
import {
  FLOAT_ESCAPE_MAX,
  FLOAT_ROUNDS,
  floatProbe,
  groupColumns,
  productResiduals,
  suspectRows,
  type ElementTolerance,
  type FloatProbe,
} from './freivalds-float.ts';

const projector = opened();
const SEEDS = 3000;
const ROWS = 24;
const INNER = 96;
/** One group, as numbers have both signs. */
const COLUMNS = 110;
const left = numbers([ROWS, INNER], { seed: 1 });
const right = numbers([INNER, COLUMNS], { seed: 2 });
const honest = product(left, right);
/** The row that is lied about, and its largest threshold of any group. */
const ROW = 5;
let threshold: number;

beforeAll(() => {
  const probe = probeOf(right, 1);
  const row = {
    sum: magnitudes(rowOf(left, ROW)).reduce((sum, x) => sum + x, 0),
    euclidean: Math.hypot(...rowOf(left, ROW)),
  };
  threshold = Math.max(...probe.groups.map(({ norms }) => allowed(INNER)(row, norms)));
});

describe('two elements of a group off by some thresholds, against each other', () => {
  it.each([2, 3, 4, 8, 64])('of %d escape at most as often as declared', (times) => {
    const claimed = off({ 60: times, 61: -times });
    const { escapes, unseen } = tried(claimed);
    const expected = SEEDS * times ** -FLOAT_ROUNDS;
    expect(escapes).toBeLessThanOrEqual(expected + 5 * Math.sqrt(expected));
    // It stands out from honest rows well below the threshold.
    expect(unseen).toBeLessThanOrEqual(escapes / 5);
  });

  it('of two do escape some seeds, so that the count above means something', () => {
    // Each round passes where signs agree and sizes differ by less than 1/2: 3/8.
    const expected = SEEDS * (3 / 8) ** FLOAT_ROUNDS;
    const { escapes } = tried(off({ 60: 2, 61: -2 }));
    expect(Math.abs(escapes - expected)).toBeLessThan(6 * Math.sqrt(expected));
  });
});

describe('one element alone', () => {
  it('that is off by more than the threshold never escapes, as no factor is below 1', () => {
    expect(tried(off({ 60: 1.25 })).escapes).toBe(0);
  });

  it('that is off by a third is within what honest rounding may do, and may pass', () => {
    expect(tried(off({ 60: 1 / 3 })).escapes).toBe(SEEDS);
  });
});

/** Gross lies, each about row 5 alone or about all rows. */
const LIES: readonly [string, (values: Float32Array) => unknown][] = [
  ['one element changed', (values) => (values[ROW * COLUMNS + 3] = 2)],
  ['the last element changed', (values) => (values[(ROW + 1) * COLUMNS - 1] = -3)],
  [
    'two elements of one group changed by opposite amounts',
    (values) => {
      values[ROW * COLUMNS + 7] = at(values, ROW * COLUMNS + 7) + 0.01;
      values[ROW * COLUMNS + 8] = at(values, ROW * COLUMNS + 8) - 0.01;
    },
  ],
  [
    'a row scaled by a thousandth',
    (values) => {
      for (let column = 0; column < COLUMNS; column++) {
        values[ROW * COLUMNS + column] = at(values, ROW * COLUMNS + column) * 1.001;
      }
    },
  ],
  ['zeros in the tail of a row', (values) => values.fill(0, ROW * COLUMNS + 100, 6 * COLUMNS)],
  ['another row', (values) => values.copyWithin(ROW * COLUMNS, 0, COLUMNS)],
  ['a product of half the inner dimension', (values) => values.set(float32View(truncated()))],
  ['all signs turned', (values) => values.forEach((x, index) => (values[index] = -x))],
  ['one NaN', (values) => (values[ROW * COLUMNS + 70] = NaN)],
  ['one infinity', (values) => (values[ROW * COLUMNS] = -Infinity)],
];

describe('a gross lie', () => {
  it.each(LIES)('is under suspicion with every seed: %s', (_, lie) => {
    const claimed = changed(honest, lie);
    const escapes = count(SEEDS, (seed) => {
      return !suspectRows(residualsOf(claimed, probeOf(right, seed))).includes(ROW);
    });
    expect(escapes).toBe(0);
  });

  it('escapes as seldom as was wanted', () => {
    expect(64 ** -FLOAT_ROUNDS).toBeLessThanOrEqual(FLOAT_ESCAPE_MAX);
    expect(64 ** -(FLOAT_ROUNDS - 1)).toBeGreaterThan(FLOAT_ESCAPE_MAX);
  });
});

const DATA = [
  { name: 'of both signs', low: -1, high: 1 },
  { name: 'all positive', low: 0, high: 1 },
  { name: 'all but equal', low: 0.9, high: 1 },
  { name: 'so small that products are subnormal', low: -1e-22, high: 1e-22 },
  { name: 'so small that they are subnormal', low: -1e-40, high: 1e-40 },
  { name: 'so large that sums are near the largest', low: -1e17, high: 1e17 },
];

describe.each(DATA)('honest products of numbers $name', ({ low, high }) => {
  it.each([64, 100, 256, 300, 1024, 4096])(
    'with %i of them a sum are hardly suspected',
    async (k) => {
      const [m, n] = [64, 300];
      const a = numbers([m, k], { seed: k, low, high });
      const b = numbers([k, n], { seed: k + 1, low, high });
      for (const claimed of [...(await builds(a, b)), product(a, b), backwards(a, b)]) {
        let suspects = 0;
        for (let seed = 0; seed < 10; seed++) {
          const probe = probeOf(b, seed);
          const residuals = productResiduals({
            left: a,
            claimed,
            probe,
            projector,
            allowed: allowed(k),
          });
          suspects += suspectRows(residuals).length;
          expect(Math.max(...residuals)).toBeLessThan(2);
        }
        // Of 640 rows: those that are sums of all but equal numbers come near the threshold.
        expect(suspects).toBeLessThanOrEqual(low === 0.9 ? 20 : 3);
      }
    },
  );
});

describe('what is not finite', () => {
  it('makes no probe as a right operand', () => {
    const b = changed(right, (values) => (values[17] = Infinity));
    expect(floatProbe(b, { random: randomStream(1, 'factors'), projector })).toBeNull();
  });

  it('puts its row under suspicion as a left operand', () => {
    const a = changed(left, (values) => (values[ROW * INNER] = NaN));
    const probe = probeOf(right, 1);
    const by = { claimed: honest, probe, projector, allowed: allowed(INNER) };
    const residuals = productResiduals({ left: a, ...by });
    expect(suspectRows(residuals)).toEqual([ROW]);
  });
});

describe('suspectRows', () => {
  it.each<[string, number[], number[]]>([
    ['none where all are alike', [0.1, 0.12, 0.09, 0.1], []],
    ['what is above 1, the most suspicious first', [0.9, 2, Infinity, 0.9, 1.5], [2, 1, 4]],
    ['one that stands out', [0.1, 0.1, 0.41, 0.1, 0.1], [2]],
    ['not one that hardly does', [0.1, 0.1, 0.4, 0.1, 0.1], []],
    ['not one at 1', [0.9, 1, 0.9], []],
    [
      'four that stand out at most',
      [0, 0, 0, 0, 0, 0, 0, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3],
      [11, 10, 9, 8],
    ],
    [
      'all above 1 beside those that stand out',
      [0, 0, 0, 0, 0, 0, 0, 0.1, 9, 8, 7, 6, 5],
      [8, 9, 10, 11, 12, 7],
    ],
    ['none of none', [], []],
  ])('tells %s', (_, residuals, rows) => {
    expect(suspectRows(Float64Array.from(residuals))).toEqual(rows);
  });
});

describe('groupColumns', () => {
  it.each([
    ['half of a chain where all numbers are equal', 64, 1, 32],
    ['the same of longer chains', 1024, 1, 500],
    ['fewer where sums of sums grow, too', 16_384, 1, 760],
    ['as many as lean halfway', 1024, 0.5, 995],
    ['four times the inner dimension at most', 1024, 0, 4096],
    ['some at least', 1, 1, 8],
  ])('are %s', (_, inner, lean, width) => {
    expect(groupColumns(inner, lean)).toBe(width);
  });

  it.each([
    ['of both signs', { low: -1, high: 1 }, 1],
    ['all but equal', { low: 0.9, high: 1 }, 3],
    ['of both signs, but of one in each column', { low: -1, high: 1, leaning: true }, 2],
  ])('make groups for numbers %s', (_, numbersOf, groups) => {
    const matrix = numbers([INNER, COLUMNS], { seed: 4, ...numbersOf });
    if ('leaning' in numbersOf) {
      const values = float32View(matrix);
      values.forEach(
        (x, index) => (values[index] = Math.abs(x) * ((index % COLUMNS) % 2 ? 1 : -1)),
      );
    }
    expect(probeOf(matrix, 1).groups).toHaveLength(groups);
  });
});

/** The honest product with some elements of row 5 off by so many thresholds, by their column. */
function off(by: Readonly<Record<number, number>>): Tensor {
  return changed(honest, (values) => {
    for (const [column, times] of Object.entries(by)) {
      const index = ROW * COLUMNS + Number(column);
      values[index] = at(values, index) + times * threshold;
    }
  });
}

/** How often a lie about row 5 stays below the threshold, and how often it is not looked at. */
function tried(claimed: Tensor): { escapes: number; unseen: number } {
  let escapes = 0;
  let unseen = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const residuals = residualsOf(claimed, probeOf(right, seed));
    if (at(residuals, ROW) <= 1) escapes += 1;
    if (!suspectRows(residuals).includes(ROW)) unseen += 1;
  }
  return { escapes, unseen };
}

function opened(): Projector {
  const outcome = openWasmProjector();
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

function allowed(inner: number): ElementTolerance {
  return (row, column) => {
    const by = { inner, row, column, leftError: 0, rightError: 0 };
    const { absolute, relative } = productTolerance(by);
    return absolute + relative * row.euclidean * column.euclidean;
  };
}

function probeOf(matrix: Tensor, seed: number): FloatProbe {
  const probe = floatProbe(matrix, { random: randomStream(seed, 'factors'), projector });
  if (probe === null) throw new Error('these numbers are finite');
  return probe;
}

function residualsOf(claimed: Tensor, probe: FloatProbe): Float64Array {
  return productResiduals({ left, claimed, probe, projector, allowed: allowed(INNER) });
}

function numbers(
  shape: readonly [number, number],
  { seed, low = -1, high = 1 }: { seed: number; low?: number; high?: number },
): Tensor {
  return randomFloat32(randomStream(seed, 'matrix'), { shape, low, high });
}

function product(a: Tensor, b: Tensor): Tensor {
  const made = runReference({ operator: 'matmul', inputs: [a, b] });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

async function builds(a: Tensor, b: Tensor): Promise<readonly Tensor[]> {
  const made = ['relaxed', 'plain'] as const;
  return Promise.all(
    made.map(async (build) => {
      const kernels = await openWasmBuild(build);
      if (!kernels.ok) throw new Error(kernels.failure.message);
      const outcome = await kernels.value.run({ operator: 'matmul', inputs: [a, b] });
      if (!outcome.ok) throw new Error(outcome.failure.message);
      return outcome.value;
    }),
  );
}

/** In f32, each sum from its last term to its first, 256 of them at a time. */
function backwards(a: Tensor, b: Tensor): Tensor {
  const [m = 0, k = 0] = a.shape;
  const n = b.shape[1] ?? 0;
  const [x, y] = [float32View(a), float32View(b)];
  const values = new Float32Array(m * n);
  const sums = new Float32Array(n);
  for (let row = 0; row < m; row++) {
    for (let end = k; end > 0; end -= 256) {
      sums.fill(0);
      for (let depth = end - 1; depth >= Math.max(0, end - 256); depth--) {
        const factor = at(x, row * k + depth);
        for (let column = 0; column < n; column++) {
          sums[column] = at(sums, column) + Math.fround(factor * at(y, depth * n + column));
        }
      }
      for (let column = 0; column < n; column++) {
        values[row * n + column] = at(values, row * n + column) + at(sums, column);
      }
    }
  }
  return tensorOver({ dtype: 'float32', shape: [m, n], values });
}

/** What somebody makes who saves half the work. */
function truncated(): Tensor {
  const half = INNER / 2;
  const a = Array.from({ length: ROWS }, (_, row) => [...rowOf(left, row).subarray(0, half)]);
  const b = [...float32View(right).subarray(0, half * COLUMNS)];
  return product(float32Tensor([ROWS, half], a.flat()), float32Tensor([half, COLUMNS], b));
}

function changed(tensor: Tensor, change: (values: Float32Array) => unknown): Tensor {
  const values = float32View(tensor).slice();
  change(values);
  return tensorOver({ dtype: 'float32', shape: tensor.shape, values });
}

function rowOf(tensor: Tensor, row: number): Float32Array {
  const columns = tensor.shape[1] ?? 0;
  return float32View(tensor).subarray(row * columns, (row + 1) * columns);
}

function magnitudes(values: Float32Array): number[] {
  return [...values].map(Math.abs);
}

function at(values: Float32Array | Float64Array, index: number): number {
  return values[index] ?? NaN;
}

function count(seeds: number, hit: (seed: number) => boolean): number {
  let hits = 0;
  for (let seed = 0; seed < seeds; seed++) if (hit(seed)) hits += 1;
  return hits;
}
