import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { Check } from '../check.ts';
import {
  FACTOR_BITS,
  FLOAT_LISTS,
  type ColumnSizes,
  type FloatGroup,
  type Projector,
} from '../projector.ts';

export const FREIVALDS_FLOAT: Check = {
  name: 'freivalds-float',
  soundness:
    'An element that is off by d, with T the tolerance of elements of its row, passes with a ' +
    'chance of at most (T/|d|)^4, whatever else is wrong: 2^-24 for 64 T, 2^-4 for 2 T, no bound ' +
    'below T. One that is off alone, by more than T and honest rounding, never does. Rows that ' +
    'stand out from the others are looked at well below T. Assumes that factors were drawn after ' +
    'the result was committed.',
  cost:
    '4 (n + groups k) multiplications in f64 a row for k n in f32, and 4 k n a batch: about 6 % of ' +
    '1024^3 alone, 3 % in a batch. A row under suspicion is recomputed.',
  tolerance:
    "Only a recomputed element decides, under its operator's tolerance: honest results are never " +
    'rejected by chance. Groups are so narrow that T is four standard deviations of honest ' +
    'rounding or more, for all usual numbers.',
};

/** Lies at least so many times the tolerance are gross. */
const GROSS_TIMES = 64;
/** The chance that a gross lie about a single element may pass. */
export const FLOAT_ESCAPE_MAX = 2 ** -24;
/** Independent rounds whose chances, 1/64 each, multiply to that. As many as a projection has lists. */
export const FLOAT_ROUNDS = Math.ceil(Math.log(FLOAT_ESCAPE_MAX) / Math.log(1 / GROSS_TIMES));

/** Rows whose residual is so many times the usual one are looked at even below T. */
const STANDOUT_TIMES = 4;
/** How many of them at most, those that stand out most: an honest device costs no more than these. */
const STANDOUTS_MAX = 4;

/** Standard deviations of an honest residual that the threshold is wide. */
const DEVIATIONS = 4;
/** Variance of a factor: of what is even in +-[1, 2). */
const FACTOR_VARIANCE = 7 / 3;
/** Most columns summed together, in inner dimensions: beyond, wrong rows would stand out less. */
const WIDTH_MAX = 4;
/** Longest chain of the kernels' sums, and so of sums of those sums (kernels/tolerance.ts). */
const CHAIN_MAX = 256;

/**
 * Columns summed together, so that honest results of an inner dimension k are hardly suspected.
 *
 * Signs and sizes of factors are random, so honest errors e of g columns make a residual with a
 * standard deviation of sqrt(7/3 g) e. Each addition of a kernel errs by about 0.4 u times the sum
 * so far. Sums run one by one through w = min(k, 256) products, and then over b = k / w such sums.
 * Where products all have one sign and size they grow evenly: e^2 = (0.4 u)^2 (b w^3 + w^2 b^3) / 3
 * for products of 1. Where signs are even they grow as a random walk: (0.4 u)^2 (b w^2 + w b^2) / 2.
 * The tolerance is (w + b + 1) u k.
 *
 * `lean` is how far columns lean to one sign, from 0 to 1. It says what rounding may cost, not what
 * passes: the chance of a lie is the same for groups of any width.
 */
export function groupColumns(inner: number, lean: number): number {
  const chain = Math.min(inner, CHAIN_MAX);
  const chains = inner / chain;
  const even = (chains * chain ** 3 + chain ** 2 * chains ** 3) / 3;
  const walk = (chains * chain ** 2 + chain * chains ** 2) / 2;
  const variance = 0.4 ** 2 * FACTOR_VARIANCE * (lean * even + walk);
  const tolerance = (chain + chains + 1) * inner;
  const width = (tolerance / DEVIATIONS) ** 2 / variance;
  return Math.max(8, Math.floor(Math.min(width, WIDTH_MAX * inner)));
}

/** Norms of a row, or the largest among some columns. */
export type Norms = { readonly sum: number; readonly euclidean: number };

/** How far an element may lie from the reference, by the norms of its row and column: affine in those of the row. */
export type ElementTolerance = (row: Norms, column: Norms) => number;

type ProbeGroup = FloatGroup & { readonly lifted: FloatGroup; readonly norms: Norms };

/** Factors r of each group of columns, B r, and the norms of the columns. */
export type FloatProbe = {
  readonly groups: readonly ProbeGroup[];
  /** Largest of all columns. */
  readonly norms: Norms;
};

/** Draws factors for the products with a right matrix, f32 [k, n]; null where it is not finite. */
export function floatProbe(
  right: Tensor,
  by: { readonly random: RandomStream; readonly projector: Projector },
): FloatProbe | null {
  const [inner = 0, columns = 0] = right.shape;
  const sizes = by.projector.columnSizes(right);
  const normsOf = ({ start, end }: FloatGroup['columns']): Norms => ({
    sum: highest(sizes.magnitudes.subarray(start, end)),
    euclidean: Math.sqrt(highest(sizes.squares.subarray(start, end))),
  });
  const norms = normsOf({ start: 0, end: columns });
  if (!Number.isFinite(norms.sum)) return null;
  const width = groupColumns(inner, leanOf(sizes, inner));
  const groups = groupsOf({ width, columns, random: by.random });
  const { sums } = by.projector.floats(right, { groups, squares: false });
  const wholeInner = { start: 0, end: inner };
  const probes = groups.map((group, index): ProbeGroup => {
    const lifted = new Float64Array(FLOAT_LISTS * inner);
    for (let depth = 0; depth < inner; depth++) {
      const from = (depth * groups.length + index) * FLOAT_LISTS;
      for (let list = 0; list < FLOAT_LISTS; list++) {
        lifted[list * inner + depth] = roundedFactor(sums[from + list] ?? NaN);
      }
    }
    const lists = { columns: wholeInner, factors: lifted };
    return { ...group, lifted: lists, norms: normsOf(group.columns) };
  });
  return { groups: probes, norms };
}

/**
 * For each row of a claimed product, f32 [m, n], its residual C r - A (B r) over its threshold, the
 * largest of all groups and rounds: above 1 the row is under suspicion. Infinity where C or A are
 * not finite, or sums of their sizes may not be.
 *
 * An agent controls `claimed`.
 * Source: Freivalds 1977, over the reals, with errors; docs/adr/0011.
 */
export function productResiduals(of: {
  readonly left: Tensor;
  readonly claimed: Tensor;
  readonly probe: FloatProbe;
  readonly projector: Projector;
  readonly allowed: ElementTolerance;
}): Float64Array {
  const { left, claimed, probe, projector, allowed } = of;
  const { groups } = probe;
  const actual = projector.floats(claimed, { groups, squares: false });
  const lifted = groups.map((group) => group.lifted);
  const expected = projector.floats(left, { groups: lifted, squares: true });
  const inner = left.shape[1] ?? 0;
  const thresholds = groups.map(({ norms }) => {
    const least = allowed({ sum: 0, euclidean: 0 }, norms);
    // A row's sum is at most so much (Cauchy-Schwarz); it counts for what may be flushed to zero alone.
    return { least, slope: allowed({ sum: Math.sqrt(inner), euclidean: 1 }, norms) - least };
  });
  const residuals = new Float64Array(claimed.shape[0] ?? 0);
  let at = 0;
  for (let row = 0; row < residuals.length; row++) {
    const euclidean = Math.sqrt(expected.squares[row] ?? NaN);
    let largest = 0;
    for (const { least, slope } of thresholds) {
      const threshold = least + slope * euclidean;
      for (const end = at + FLOAT_LISTS; at < end; at++) {
        const residual = Math.abs((actual.sums[at] ?? NaN) - (expected.sums[at] ?? NaN));
        const ratio = residual === 0 ? 0 : residual / threshold;
        // NaN is larger than all.
        if (!(ratio <= largest)) largest = ratio === ratio ? ratio : Infinity;
      }
    }
    residuals[row] = largest;
  }
  return residuals;
}

/**
 * Rows to be recomputed, by their residuals: those above 1, and the few below that stand out from
 * the others; the most suspicious first.
 */
export function suspectRows(residuals: Float64Array): readonly number[] {
  if (noneStandsOut(residuals)) return [];
  const usual = middle(residuals);
  const standout = Math.min(1, STANDOUT_TIMES * usual);
  const rows: number[] = [];
  for (const [row, residual] of residuals.entries()) {
    if (residual > standout) rows.push(row);
  }
  rows.sort((a, b) => compare(residuals[b] ?? 0, residuals[a] ?? 0));
  const certain = rows.findIndex((row) => !((residuals[row] ?? 0) > 1));
  return certain === -1 ? rows : rows.slice(0, certain + STANDOUTS_MAX);
}

/** Whether half of all come near to the largest, as is usual: told without sorting them. */
function noneStandsOut(residuals: Float64Array): boolean {
  let largest = 0;
  for (let row = 0; row < residuals.length; row++) largest = Math.max(largest, residuals[row] ?? 0);
  let near = 0;
  for (let row = 0; row < residuals.length; row++) {
    if ((residuals[row] ?? 0) >= largest / STANDOUT_TIMES) near++;
  }
  return largest <= 1 && near >= residuals.length - (residuals.length >> 1);
}

/** Infinities are equal to each other. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function middle(values: Float64Array): number {
  return values.toSorted()[values.length >> 1] ?? 0;
}

/** How far columns lean to one sign: their sums squared over the most that those can be. */
function leanOf({ sums, squares }: ColumnSizes, inner: number): number {
  let [leaning, most] = [0, 0];
  for (let column = 0; column < sums.length; column++) {
    leaning += (sums[column] ?? 0) ** 2;
    most += inner * (squares[column] ?? 0);
  }
  return most > 0 ? leaning / most : 0;
}

function groupsOf(of: {
  readonly width: number;
  readonly columns: number;
  readonly random: RandomStream;
}): FloatGroup[] {
  // As few as may be, all about as wide.
  const count = Math.max(1, Math.ceil(of.columns / of.width));
  const width = Math.ceil(of.columns / count);
  const groups: FloatGroup[] = [];
  for (let start = 0; start < of.columns; start += width) {
    const end = Math.min(of.columns, start + width);
    const factors = new Float64Array(FLOAT_LISTS * (end - start));
    for (let index = 0; index < factors.length; index++) factors[index] = factorOf(of.random);
    groups.push({ columns: { start, end }, factors });
  }
  return groups;
}

/** Even in +-[1, 2), in steps that leave FACTOR_BITS: no factor is near zero, and no sign is usual. */
function factorOf(random: RandomStream): number {
  const drawn = random.nextUint32();
  const size = 1 + (drawn >>> (33 - FACTOR_BITS)) / 2 ** (FACTOR_BITS - 1);
  return (drawn & 1) === 0 ? size : -size;
}

/**
 * A number with its first FACTOR_BITS.
 *
 * What that changes of a residual is less than a fiftieth of the tolerance: its rounding is 64 times
 * as fine as that of an f32, and the tolerance of many such.
 */
function roundedFactor(sum: number): number {
  // Veltkamp's splitting: the rounding of the large product cuts off what is small.
  const large = sum * (2 ** (53 - FACTOR_BITS) + 1);
  return large - (large - sum);
}

function highest(values: Float64Array): number {
  // Not Math.max, which would have a NaN forgotten where it is compared.
  let high = 0;
  for (const value of values) if (!(value <= high)) high = value === value ? value : Infinity;
  return high;
}
