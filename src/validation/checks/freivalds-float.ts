import type { RandomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import type { Check } from '../check.ts';
import { FLOAT_LISTS, type FloatGroup, type Projector } from '../projector.ts';

export const FREIVALDS_FLOAT: Check = {
  name: 'freivalds-float',
  soundness:
    'An element that is off by d, with T the tolerance of elements of its row, passes with a ' +
    'chance of at most (T/|d|)^4, whatever else is wrong: 2^-24 for 64 T, 2^-4 for 2 T, no bound ' +
    'below T. One that is off alone, by more than T and honest rounding, never does. Rows that ' +
    'stand out from the others are looked at well below T. Assumes that factors were drawn after ' +
    'the result was committed.',
  cost:
    '4 (2 + 2 n / k) n^2 multiplications in f64 for n^3 in f32: about 8 % at 1024^3; shared by ' +
    'tasks of one batch. A row under suspicion is recomputed.',
  tolerance:
    "Only a recomputed element decides, under its operator's tolerance: honest results are never " +
    'rejected by chance. Groups are so narrow that honest rounding stays below T by some ' +
    'standard deviations.',
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

/**
 * Columns summed together, for an inner dimension k: k / 2.
 *
 * Signs and sizes of factors are random, so honest errors e of g columns make a residual with a
 * standard deviation of sqrt(7/3 g) e. Sums of the kernels go one by one through at most 256 numbers;
 * with all of them positive, which is worst, e is 0.17 / sqrt(k) of the tolerance for k <= 256, and
 * 0.011 / sqrt(k / 256) beyond (rounding errors as independent, 0.4 u of each partial sum). With
 * g = k / 2 the tolerance is then above five standard deviations at every k.
 */
export function groupColumns(inner: number): number {
  return Math.max(8, Math.floor(inner / 16) * 8);
}

/** Norms of a row, or the largest among some columns. */
export type Norms = { readonly sum: number; readonly euclidean: number };

/** How far an element may lie from the reference, by the norms of its row and column. */
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
  const groups = groupsOf({ inner, columns, random: by.random });
  const { sums, sizes } = by.projector.floats(right, { groups, sizes: 'columns' });
  const wholeInner = { start: 0, end: inner };
  const probes = groups.map((group, index): ProbeGroup => {
    const lifted = new Float64Array(FLOAT_LISTS * inner);
    for (let depth = 0; depth < inner; depth++) {
      const from = (depth * groups.length + index) * FLOAT_LISTS;
      for (let list = 0; list < FLOAT_LISTS; list++) {
        lifted[list * inner + depth] = sums[from + list] ?? NaN;
      }
    }
    const { start, end } = group.columns;
    const norms = {
      sum: highest(sizes.magnitudes.subarray(start, end)),
      euclidean: Math.sqrt(highest(sizes.squares.subarray(start, end))),
    };
    return { ...group, lifted: { columns: wholeInner, factors: lifted }, norms };
  });
  const norms = {
    sum: highest(sizes.magnitudes),
    euclidean: Math.sqrt(highest(sizes.squares)),
  };
  return Number.isFinite(norms.sum) ? { groups: probes, norms } : null;
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
  const actual = projector.floats(claimed, { groups, sizes: 'none' });
  const lifted = groups.map((group) => group.lifted);
  const expected = projector.floats(left, { groups: lifted, sizes: 'rows' });
  const { magnitudes, squares } = expected.sizes;
  const residuals = new Float64Array(claimed.shape[0] ?? 0);
  for (let row = 0; row < residuals.length; row++) {
    const norms = { sum: magnitudes[row] ?? NaN, euclidean: Math.sqrt(squares[row] ?? NaN) };
    let largest = 0;
    for (const [index, group] of groups.entries()) {
      const threshold = allowed(norms, group.norms);
      const from = (row * groups.length + index) * FLOAT_LISTS;
      for (let at = from; at < from + FLOAT_LISTS; at++) {
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

/** Infinities are equal to each other. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function middle(values: Float64Array): number {
  return values.toSorted()[values.length >> 1] ?? 0;
}

function groupsOf(of: {
  readonly inner: number;
  readonly columns: number;
  readonly random: RandomStream;
}): FloatGroup[] {
  const width = groupColumns(of.inner);
  const groups: FloatGroup[] = [];
  for (let start = 0; start < of.columns; start += width) {
    const end = Math.min(of.columns, start + width);
    const factors = new Float64Array(FLOAT_LISTS * (end - start));
    for (let index = 0; index < factors.length; index++) factors[index] = factorOf(of.random);
    groups.push({ columns: { start, end }, factors });
  }
  return groups;
}

/** Even in +-[1, 2), in steps of 2^-31: no factor is near zero, and no sign is usual. */
function factorOf(random: RandomStream): number {
  const drawn = random.nextUint32();
  const size = 1 + (drawn >>> 1) / 2 ** 31;
  return (drawn & 1) === 0 ? size : -size;
}

function highest(values: Float64Array): number {
  // Not Math.max, which would have a NaN forgotten where it is compared.
  let high = 0;
  for (const value of values) if (!(value <= high)) high = value === value ? value : Infinity;
  return high;
}
