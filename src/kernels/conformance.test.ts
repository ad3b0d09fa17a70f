import { describe, expect, it } from 'vitest';
import { elementCount, type Tensor } from '../domain/tensor.ts';
import { OPERATORS, type OperatorName } from '../domain/operator.ts';
import { succeed } from '../domain/outcome.ts';
import { casesOf } from './cases.ts';
import { runConformance, tryVector } from './conformance.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { int32Tensor } from './operator-case.ts';
import { runReference } from './reference.ts';
import { float32View, int32View, tensorOver } from './tensor-view.ts';

/** What a fault makes of a right result, in place. */
type Fault = (result: Float32Array, call: OperatorCall) => void;

/** The references as a backend, with a fault in one operator. */
function backendWith(operator: OperatorName, fault: Fault): Kernels {
  return {
    backend: 'webgpu',
    operators: new Set(OPERATORS),
    lost: new Promise<string>(() => {}),
    close: () => {},
    run: async (call) => {
      const right = runReference(call);
      if (!right.ok || call.operator !== operator) return right;
      const { dtype, shape } = right.value;
      const values = numbersOf(right.value);
      fault(values, call);
      if (dtype === 'uint8') {
        return succeed(tensorOver({ dtype, shape, values: Uint8Array.from(values) }));
      }
      if (dtype === 'float32') return succeed(tensorOver({ dtype, shape, values }));
      return succeed(tensorOver({ dtype, shape, values: Int32Array.from(values) }));
    },
  };
}

function numbersOf(tensor: Tensor): Float32Array {
  if (tensor.dtype === 'uint8') return Float32Array.from(tensor.bytes);
  return tensor.dtype === 'int32' ? Float32Array.from(int32View(tensor)) : float32View(tensor);
}

const each =
  (change: (x: number, index: number) => number): Fault =>
  (result) =>
    result.set(result.map((x, index) => change(x, index)));
const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < 2 ** -126;

/** To as few bits as a half-precision accumulator, or one of TF32, keeps. */
function rounded(x: number, bits: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits);
  return Math.round(x / unit) * unit;
}

/** Adds up what a fault takes for the terms of a product, one behind the other. */
function products(call: OperatorCall, term: (x: number, depth: number) => number): Fault {
  return (result) => {
    const [left, right] = call.inputs;
    if (left === undefined || right === undefined) return;
    const [a, b] = [float32View(left), float32View(right)];
    const [depth = 0, width = 0] = right.shape;
    for (let at = 0; at < result.length; at++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) {
        sum += term(
          (a[Math.floor(at / width) * depth + k] ?? 0) * (b[k * width + (at % width)] ?? 0),
          k,
        );
      }
      result[at] = sum;
    }
  };
}
const product =
  (term: (x: number, depth: number) => number): Fault =>
  (result, call) =>
    products(call, term)(result, call);

const FAULTS: readonly (readonly [string, OperatorName, Fault])[] = [
  [
    'forgets what lies behind a whole tile',
    'matmul',
    (x) => x.length % 4 !== 0 && x.fill(0, x.length - 1),
  ],
  ['multiplies in 11 bits', 'matmul', product((x) => rounded(x, 10))],
  ['ends its sums at a depth of 4096', 'matmul', product((x, depth) => (depth < 4_096 ? x : 0))],
  ['overflows early', 'matmul', each((x) => (Math.abs(x) > 2 ** 90 ? Infinity : x))],
  [
    'makes NaN of subnormal operands',
    'matmul',
    (x, { inputs }) => {
      if (inputs[0] !== undefined && float32View(inputs[0]).some(isSubnormal)) x.fill(NaN);
    },
  ],
  [
    'gets one element in a thousand wrong',
    'mul',
    (x) => {
      if (x.length > 1_000) x[1_000] = (x[1_000] ?? 0) + 1;
    },
  ],
  [
    'takes the other operand for equal ones',
    'sub',
    (x, { inputs }) => {
      if (inputs[0] === inputs[1]) x.fill(1);
    },
  ],
  ['says infinity of large quotients', 'div', each((x) => (Math.abs(x) > 2 ** 100 ? Infinity : x))],
  ['reads subnormals as large', 'max', each((x) => (isSubnormal(x) ? 1 : x))],
  [
    'adds up long columns to their 8192nd row',
    'reduce-sum',
    (x, { inputs, axis }) => {
      const [input] = inputs;
      if (input === undefined || axis !== 0 || (input.shape[0] ?? 0) <= 8_192) return;
      const [rows = 0, width = 1] = input.shape;
      for (let at = 0; at < width; at++)
        x[at] = (x[at] ?? 0) - (float32View(input)[(rows - 1) * width + at] ?? 0);
    },
  ],
  [
    'adds up one f32 behind the other',
    'reduce-sum',
    (x, { inputs, axis }) => {
      const [input] = inputs;
      if (input === undefined || axis !== 1 || input.shape.length !== 2) return;
      const [rows = 0, width = 0] = input.shape;
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (const one of float32View(input).subarray(row * width, (row + 1) * width))
          sum = Math.fround(sum + one);
        x[row] = sum;
      }
    },
  ],
  ['begins at zero, so that nothing is below', 'reduce-max', each((x) => Math.max(0, x))],
  [
    'takes zero for the exponential of little',
    'exp',
    each((x) => (x < 1e-30 && x > 2 ** -126 ? 0 : x)),
  ],
  [
    'is a unit of a thousandth off near one',
    'tanh',
    each((x) => (Math.abs(x) > 0.6 && Math.abs(x) < 0.61 ? x + 1e-3 : x)),
  ],
  ['has no logarithm of the smallest numbers', 'log', each((x) => (x < -87 ? NaN : x))],
  [
    'leaves the rest of long rows out',
    'softmax',
    (x, { inputs: [input] }) => {
      const columns = input?.shape[1] ?? 0;
      if (columns > 16_384) x.set(x.map((share) => share * (columns / 16_384)));
    },
  ],
  [
    'overflows where numbers are large',
    'softmax',
    (x, { inputs: [input] }) => {
      if (input !== undefined && float32View(input).some((one) => one > 89 && one < Infinity))
        x.fill(NaN);
    },
  ],
  [
    'divides by n - 1',
    'layer-norm',
    (x, { inputs: [input, , bias] }) => {
      const columns = input?.shape[1] ?? 0;
      if (bias === undefined || columns < 2) return;
      const biases = float32View(bias);
      const share = Math.sqrt((columns - 1) / columns);
      x.set(
        x.map(
          (one, at) => (one - (biases[at % columns] ?? 0)) * share + (biases[at % columns] ?? 0),
        ),
      );
    },
  ],
  [
    'forgets epsilon',
    'rms-norm',
    (x, { inputs: [input] }) => {
      if (input === undefined || !float32View(input).every((one) => Math.abs(one) < 1e-4)) return;
      x.set(x.map((one) => one * 2));
    },
  ],
  [
    'takes the last of equals',
    'argmax',
    (x, { inputs: [input] }) => {
      const columns = input?.shape[1] ?? 0;
      if (input === undefined) return;
      x.set(
        x.map((first, row) => {
          const numbers = float32View(input).subarray(row * columns, (row + 1) * columns);
          return Math.max(first, numbers.lastIndexOf(numbers[first] ?? NaN));
        }),
      );
    },
  ],
  [
    'takes the last of equals first',
    'top-k',
    (x, { inputs: [input, ranks] }) => {
      const [columns = 0, count = 0] = [input?.shape[1], ranks?.shape[0]];
      if (input === undefined) return;
      for (let at = 0; at + 1 < x.length; at++) {
        const [one = 0, next = 0] = x.subarray(at, at + 2);
        const row = Math.floor(at / count) * columns;
        const numbers = float32View(input);
        const isEqual = numbers[row + one] === numbers[row + next];
        if (isEqual && (at + 1) % count !== 0) x.set([next, one], at++);
      }
    },
  ],
  [
    'rounds halves down',
    'qlinear',
    (x, call) => {
      // As if all that is added to a sum were one less: only what is just a half sees it.
      const [left, right, bias, ...rest] = call.inputs;
      if (left === undefined || right === undefined || bias === undefined) return;
      const less = int32Tensor([...int32View(bias)].map((one) => Math.max(one - 1, -(2 ** 29))));
      const inputs = [left, right, less, ...rest];
      const wrong = runReference({ operator: 'qlinear', inputs });
      if (wrong.ok) x.set(Float32Array.from(wrong.value.bytes));
    },
  ],
  [
    'takes the first row for every index',
    'gather',
    (x, { inputs: [table] }) => {
      const columns = table?.shape[1] ?? 0;
      if (table === undefined || columns === 0) return;
      x.set(x.map((_, at) => float32View(table)[at % columns] ?? NaN));
    },
  ],
  [
    'turns the other way',
    'rotary',
    (x, { inputs }) => {
      const [left, , table] = inputs;
      const [[, columns = 0], [, dim = 0]] = [left?.shape ?? [], table?.shape ?? []];
      if (x.length === 0) return;
      x.set(x.map((one, at) => ((at % columns) % dim < dim / 2 ? -one : one)));
    },
  ],
  [
    'sees what comes later',
    'attention',
    (x, { inputs }) => {
      const [q, k, v] = inputs;
      const keys = k?.shape[0] ?? 0;
      if (q === undefined || k === undefined || v === undefined || x.length === 0) return;
      const all = int32Tensor(Array.from({ length: q.shape[0] ?? 0 }, () => keys - 1));
      const seen = runReference({ operator: 'attention', inputs: [q, k, v, all] });
      if (seen.ok) x.set(float32View(seen.value));
    },
  ],
  [
    'does not scale anew',
    'attention',
    (x, { inputs }) => {
      if ((inputs[1]?.shape[0] ?? 0) === 700) x.set(x.map((one) => one * 1.001));
    },
  ],
  [
    'takes the other form of gelu',
    'gelu',
    (x, { inputs: [input] }) => {
      if (input === undefined) return;
      // The error function to 1.5e-7: Abramowitz and Stegun 7.1.26.
      const t = (y: number) => 1 / (1 + 0.3275911 * y);
      const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
      const tail = (y: number) =>
        series.reduce((sum, factor) => (sum + factor) * t(y), 0) * Math.exp(-y * y);
      x.set(
        float32View(input).map((one) => {
          const rest = tail(Math.abs(one) / Math.SQRT2) / 2;
          return one === -Infinity ? 0 : one * (one > 0 ? 1 - rest : rest);
        }),
      );
    },
  ],
  [
    'makes NaN of minus infinity',
    'silu',
    (x, { inputs: [input] }) => {
      const at = input === undefined ? -1 : float32View(input).indexOf(-Infinity);
      if (at >= 0) x[at] = NaN;
    },
  ],
  ['flushes what it only moves', 'transpose', each((x) => (isSubnormal(x) ? 0 : x))],
];

describe('the published vectors', () => {
  it('pass the references', async () => {
    const reports = await runConformance(backendWith('matmul', () => {}));
    expect(reports.filter(({ passed }) => !passed)).toEqual([]);
  });

  it.each(FAULTS)('catch a backend that %s (%s)', async (_, operator, fault) => {
    const reports = await runConformance(backendWith(operator, fault));
    expect(reports.filter(({ passed }) => !passed).map(({ primitive }) => primitive)).toEqual([
      operator,
    ]);
  });

  it.each(OPERATORS)('of %s have no two of one name, and few numbers', (operator) => {
    const names = casesOf(operator).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const sizes = casesOf(operator).flatMap(({ call }) =>
      call.inputs.map(({ shape }) => elementCount(shape)),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50_000);
  });
});

describe('one vector', () => {
  it('is another each turn, until all had theirs', async () => {
    const seen: OperatorCall[] = [];
    const watched = { ...backendWith('tanh', () => {}) };
    const kernels: Kernels = {
      ...watched,
      run: (call) => {
        seen.push(call);
        return watched.run(call);
      },
    };
    const withNumbers = casesOf('tanh').filter(({ call }) => call.inputs[0]?.bytes.length !== 0);
    for (let turn = 0; turn < withNumbers.length; turn++) {
      expect(await tryVector(kernels, { operator: 'tanh', turn })).toEqual({ kind: 'passed' });
    }
    expect(new Set(seen).size).toBe(withNumbers.length);
  });

  it('says which one failed, and how', async () => {
    const kernels = backendWith(
      'tanh',
      each(() => 7),
    );
    expect(await tryVector(kernels, { operator: 'tanh', turn: 1 })).toEqual({
      kind: 'failed',
      report: {
        primitive: 'tanh',
        backend: 'webgpu',
        passed: false,
        detail: expect.stringMatching(/^\[3,7\]: element 0 is 7, not /),
      },
    });
  });
});
