import { elementCount, type Tensor } from '../domain/tensor.ts';
import { element, errorShare } from './compare-tensors.ts';
import type { Tolerance } from './tolerance.ts';

/** How far a result is from what it should be. */
export type WrongElements = {
  /** Elements that are wrong, those among them that are NaN for a number, and all. */
  readonly wrong: number;
  readonly notNumbers: number;
  readonly count: number;
  readonly worst: WrongElement;
};

/** One element; `at` has its index along each dimension. */
export type WrongElement = {
  readonly at: readonly number[];
  readonly actual: number;
  readonly expected: number;
  /** How far it may lie from `expected`. */
  readonly allowed: number;
};

/** `share`: the largest error over what is allowed, and where it is; null where there is none. */
export type HeldAgainst =
  | { readonly kind: 'right'; readonly share: number; readonly worst: WrongElement | null }
  | ({ readonly kind: 'wrong' } & WrongElements);

/**
 * The wrong elements of a result, and the worst of them.
 *
 * The rule is that of `compareTensors`. Of elements that are equally wrong, the first is the worst;
 * NaN for a number is worse than any number.
 */
export function wrongElements(of: {
  readonly expected: Tensor;
  readonly actual: Tensor;
  readonly tolerance: Tolerance;
}): HeldAgainst {
  const { dtype, shape } = of.expected;
  // All other types are compared bit for bit.
  const isInexact = dtype === 'float32' || dtype === 'float64';
  const tolerance = isInexact ? of.tolerance : { absolute: 0, relative: 0, overflows: false };
  const count = elementCount(shape);
  let [wrong, notNumbers, largest, near] = [0, 0, 0, 0];
  let [worst, nearest]: (WrongElement | null)[] = [null, null];
  const elementOf = (index: number, pair: { actual: number; expected: number }): WrongElement => {
    const allowed = tolerance.absolute + tolerance.relative * Math.abs(pair.expected);
    return { at: placeOf(index, shape), ...pair, allowed };
  };
  for (let index = 0; index < count; index++) {
    const pair = { expected: element(of.expected, index), actual: element(of.actual, index) };
    const share = errorShare(pair, tolerance);
    if (share <= 1) {
      if (share > near) nearest = elementOf(index, pair);
      near = Math.max(near, share);
      continue;
    }
    wrong++;
    if (Number.isNaN(pair.actual)) notNumbers++;
    const weight = Number.isNaN(share) ? Infinity : share;
    if (worst !== null && weight <= largest) continue;
    largest = weight;
    worst = elementOf(index, pair);
  }
  if (worst == null) return { kind: 'right', share: near, worst: nearest ?? null };
  return { kind: 'wrong', wrong, notNumbers, count, worst };
}

/** "element [3,5] is 2, not 1 +- 0.5". */
export function elementWords({ at, actual, expected, allowed }: WrongElement): string {
  return `element [${at.join(',')}] is ${actual}, not ${expected} +- ${allowed}`;
}

function placeOf(index: number, shape: readonly number[]): readonly number[] {
  const at: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return at;
}
