import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import { compareTensors } from './compare-tensors.ts';
import { FLOAT32_MAX } from './float32.ts';
import type { OperatorCall } from './kernels.ts';
import { float32Tensor, randomFloat32, randomInt8, randomUint7 } from './operator-case.ts';
import { runReference } from './reference.ts';
import { EXACT, summationDepth } from './rounding.ts';
import { float32View } from './tensor-view.ts';
import { largestError, toleranceOf } from './tolerance.ts';

const stream = randomStream(3, 'tolerance.test');

/** The reference's result of a call that must succeed. */
function reference(call: OperatorCall): Tensor {
  const outcome = runReference(call);
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

describe('toleranceOf', () => {
  it('is exact for integers, choices and moves', () => {
    const inputs = [randomUint7(stream, [3, 5]), randomInt8(stream, [5, 2])];
    expect(toleranceOf({ operator: 'qmatmul', inputs })).toEqual(EXACT);
    const x = randomFloat32(stream, { shape: [3, 5] });
    for (const operator of ['max', 'min'] as const) {
      expect(toleranceOf({ operator, inputs: [x, x] })).toEqual(EXACT);
    }
    expect(toleranceOf({ operator: 'relu', inputs: [x] })).toEqual(EXACT);
    expect(toleranceOf({ operator: 'transpose', inputs: [x] })).toEqual(EXACT);
    expect(toleranceOf({ operator: 'reduce-max', inputs: [x], axis: 0 })).toEqual(EXACT);
  });

  it('stays below a thousandth of the elements of an ordinary product', () => {
    const side = () => randomFloat32(stream, { shape: [256, 256] });
    const call = { operator: 'matmul' as const, inputs: [side(), side()] };
    const values = float32View(reference(call));
    const typical = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    const { absolute } = toleranceOf(call);
    expect(absolute).toBeGreaterThan(0);
    expect(absolute).toBeLessThan(typical * 1e-3);
  });

  it('sees one product of a row left out', () => {
    const left = randomFloat32(stream, { shape: [64, 64] });
    const right = randomFloat32(stream, { shape: [64, 64] });
    const kept = float32View(left).map((x, index) => (index === 5 * 64 + 9 ? 0 : x));
    const cut = float32Tensor([64, 64], [...kept]);
    const call = { operator: 'matmul' as const, inputs: [left, right] };
    const expected = reference(call);
    const actual = reference({ operator: 'matmul', inputs: [cut, right] });
    const tolerance = toleranceOf(call);
    expect(compareTensors({ expected, actual, tolerance })).toMatchObject({ kind: 'different' });
  });

  it('says when sums can overflow on the way, and not before', () => {
    const of = (value: number) => {
      const input = float32Tensor([1, 4], [value, value, -value, -value]);
      return toleranceOf({ operator: 'reduce-sum', inputs: [input], axis: 1 }).overflows;
    };
    expect(of(FLOAT32_MAX)).toBe(true);
    expect(of(FLOAT32_MAX / 9)).toBe(false);
  });

  it('leaves infinities and NaN out of the magnitudes', () => {
    const input = float32Tensor([1, 4], [Infinity, NaN, 1, 1]);
    const plain = float32Tensor([1, 4], [0, 0, 1, 1]);
    const of = (one: typeof input) =>
      toleranceOf({ operator: 'reduce-sum', inputs: [one], axis: 1 });
    expect(of(input)).toEqual(of(plain));
  });

  it('gives up where a divisor or logarithm may be of zero', () => {
    const x = float32Tensor([2], [1, 0.5]);
    expect(toleranceOf({ operator: 'div', inputs: [x, x] }, [0, 0.5]).absolute).toBe(Infinity);
    expect(toleranceOf({ operator: 'div', inputs: [x, x] }, [0, 0.4]).absolute).toBeLessThan(9);
    expect(toleranceOf({ operator: 'log', inputs: [x] }, [0.5]).absolute).toBe(Infinity);
    expect(toleranceOf({ operator: 'log', inputs: [x] }, [0.4]).absolute).toBeLessThan(5);
  });
});

const ONE_INPUT = [
  { operator: 'tanh' },
  { operator: 'sigmoid' },
  { operator: 'exp' },
  { operator: 'log' },
  { operator: 'gelu' },
  { operator: 'silu' },
  { operator: 'relu' },
  { operator: 'transpose' },
  { operator: 'reduce-sum', axis: 0 },
  { operator: 'reduce-mean', axis: 1 },
  { operator: 'reduce-max', axis: 1 },
] as const;
const TWO_INPUTS = ['matmul', 'add', 'sub', 'mul', 'div', 'max', 'min'] as const;
const CALLS = [...ONE_INPUT, ...TWO_INPUTS.map((operator) => ({ operator }))];

describe('errors that inputs carry', () => {
  it.each(CALLS)('stay within the tolerance of $operator', (base) => {
    const two = TWO_INPUTS.some((name) => name === base.operator);
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 1e-6, max: 0.1, noNaN: true }), (seed, error) => {
        const random = randomStream(seed, base.operator);
        const exact = [0, 1].slice(0, two ? 2 : 1).map(() => {
          return randomFloat32(random, { shape: [5, 5], low: 0.5, high: 3 });
        });
        const off = exact.map((tensor) => {
          const values = float32View(tensor).map((x) => x + (random.nextUnit() * 2 - 1) * error);
          return float32Tensor(tensor.shape, [...values]);
        });
        // Rounding the disturbed inputs to f32 disturbs them a little more.
        const carried = exact.map(() => error + 2 ** -22);
        const tolerance = toleranceOf({ ...base, inputs: exact }, carried);
        const expected = reference({ ...base, inputs: exact });
        const actual = reference({ ...base, inputs: off });
        return compareTensors({ expected, actual, tolerance }).kind === 'equal';
      }),
      { numRuns: 30 },
    );
  });

  it('are found from a tolerance and a result', () => {
    const tolerance = { absolute: 0.5, relative: 0.25, overflows: false };
    expect(largestError(tolerance, float32Tensor([3], [1, -8, 2]))).toBe(2.5);
  });
});

describe('summationDepth', () => {
  it('counts a block and the blocks after it', () => {
    expect([1, 256, 257, 512, 65_536].map(summationDepth)).toEqual([2, 257, 258, 259, 513]);
  });
});
