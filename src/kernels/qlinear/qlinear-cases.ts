import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { gelu } from '../exact/gpt/float-gpt.ts';
import { int32Tensor, randomInt8, randomUint7, type OperatorCase } from '../operator-case.ts';
import { tensorOver } from '../tensor-view.ts';

/** Both sides of 4 rows, a panel, two of them, 64 columns, and 64 and 1024 deep. */
const SIZES = [
  [1, 16, 8],
  [3, 16, 16],
  [4, 48, 24],
  [5, 64, 8],
  [7, 80, 40],
  [64, 64, 64],
  [65, 112, 72],
  [2, 1_024, 8],
  [3, 1_040, 24],
  [0, 16, 8],
  [1, 80, 72],
] as const;

/** What tables of activations are made of. */
const ACTIVATIONS = {
  'value, moved to the middle': (value: number) => (value + 128) >> 1,
  relu: (value: number) => Math.max(0, value),
  'gelu, in steps of 1/32': (value: number) => 64 + Math.round(16 * gelu(value / 32)),
  'place, any byte': (value: number) => value + 128,
} as const;

/** Published vectors of qlinear. */
export function qlinearCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'qlinear-cases');
  const random = (low: number, high: number): number => low + stream.nextBelow(high - low + 1);
  const [toMiddle, ...others] = Object.entries(ACTIVATIONS);
  const layer = (
    [m, k, n]: readonly [number, number, number],
    of: Partial<Layer> = {},
  ): OperatorCase['call'] => {
    // Sums of k random products spread by about 2,700 sqrt(k); these become steps of some tens.
    const scale = Math.round((32_768 * 40 * 2 ** 10) / (2_700 * Math.sqrt(k)) / 32);
    const {
      x = randomUint7(stream, [m, k]),
      w = randomInt8(stream, [k, n]),
      bias = Array.from({ length: n }, () => random(-4_000 * k, 4_000 * k)),
      multipliers = Array.from({ length: n }, () => random(scale >> 1, Math.min(32_767, scale))),
      shift = 5,
      activation = toMiddle?.[1] ?? Number,
    } = of;
    const table = Uint8Array.from({ length: 256 }, (_, place) => activation(place - 128));
    const numbers = [int32Tensor(bias), int32Tensor(multipliers), int32Tensor([shift])];
    const activations = tensorOver({ dtype: 'uint8', shape: [256], values: table });
    return { operator: 'qlinear', inputs: [x, w, ...numbers, activations] };
  };
  const full = (n: number, value: number): number[] => Array.from({ length: n }, () => value);
  const constant = (value: number, weight: number) => ({
    x: tensorOver({
      dtype: 'uint8',
      shape: [5, 2_048],
      values: new Uint8Array(10_240).fill(value),
    }),
    w: tensorOver({ dtype: 'int8', shape: [2_048, 8], values: new Int8Array(16_384).fill(weight) }),
  });
  const deep = [5, 2_048, 8] as const;
  const small = [9, 32, 16] as const;
  return [
    ...SIZES.map((sizes) => ({
      name: `[${sizes[0]},${sizes[1]}] x [${sizes[1]},${sizes[2]}]`,
      call: layer(sizes),
    })),
    ...others.map(([name, activation]) => ({ name, call: layer(small, { activation }) })),
    { name: 'largest products, negative', call: layer(deep, constant(127, -128)) },
    { name: 'largest products, positive', call: layer(deep, constant(127, 127)) },
    ...[1, 30, 31].map((shift) => ({
      name: `a shift of ${shift}, the largest biases and multipliers`,
      call: layer(small, {
        shift,
        bias: full(16, 1).map((_, at) => (at % 2 === 0 ? 2 ** 29 : -(2 ** 29))),
        multipliers: full(16, 1).map((_, at) => (at % 4 < 2 ? 32_767 : at)),
        activation: ACTIVATIONS['place, any byte'],
      }),
    })),
    { name: 'halves', call: layer([2, 16, 8], halves()) },
  ];
}

type Layer = {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly bias: readonly number[];
  readonly multipliers: readonly number[];
  readonly shift: number;
  readonly activation: (value: number) => number;
};

/** Sums that are halves of 2^16 and what is beside them, times 2^-16. */
function halves(): Partial<Layer> {
  const bias = [-98_304, -98_305, -32_768, -32_769, 32_768, 32_767, 98_304, 98_303];
  return {
    x: tensorOver({ dtype: 'uint8', shape: [2, 16], values: new Uint8Array(32) }),
    bias,
    // Of 2^-16 a power of two below 2^15: the sum times 2^14 / 2^30.
    multipliers: bias.map(() => 2 ** 14),
    shift: 15,
    activation: ACTIVATIONS['place, any byte'],
  };
}
