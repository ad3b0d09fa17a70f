import { randomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { DefinedOperator } from './definitions.ts';
import type { OperatorCall } from './kernels.ts';
import { int32Tensor, randomFloat32, randomInt8, randomUint7 } from './operator-case.ts';
import { rotaryTable } from './rotary/rotary-cases.ts';

/** Inputs of a call with m rows of about n columns. */
type Drawing = (of: { seed: number; m: number; n: number }) => readonly Tensor[];

/** Calls of any size of each operator that has a definition. */
const DRAWINGS: Readonly<Record<DefinedOperator, Drawing>> = {
  softmax: ({ seed, m, n }) => {
    return [randomFloat32(randomStream(seed, 'softmax'), { shape: [m, n], low: -9, high: 9 })];
  },
  argmax: ({ seed, m, n }) => {
    return [randomFloat32(randomStream(seed, 'argmax'), { shape: [m, n] })];
  },
  'top-k': ({ seed, m, n }) => {
    const stream = randomStream(seed, 'top-k');
    const x = randomFloat32(stream, { shape: [m, n] });
    const count = Math.min(n, 1 + stream.nextBelow(60));
    return [x, int32Tensor(Array.from({ length: count }, (_, rank) => rank))];
  },
  qlinear: ({ seed, m, n }) => {
    const stream = randomStream(seed, 'qlinear');
    const [inner, columns] = [16 * Math.ceil(n / 32), 8 * Math.ceil(n / 16)];
    const numbers = (low: number, high: number) =>
      int32Tensor(Array.from({ length: columns }, () => low + stream.nextBelow(high - low)));
    return [
      randomUint7(stream, [m, inner]),
      randomInt8(stream, [inner, columns]),
      numbers(-100_000, 100_000),
      numbers(0, 32_768),
      int32Tensor([1 + stream.nextBelow(12)]),
      randomUint7(stream, [256]),
    ];
  },
  gather: ({ seed, m, n }) => {
    const stream = randomStream(seed, 'gather');
    const rows = 1 + stream.nextBelow(20);
    const indices = Array.from({ length: m }, () => stream.nextBelow(rows));
    return [randomFloat32(stream, { shape: [rows, n] }), int32Tensor(indices)];
  },
  rotary: ({ seed, m, n }) => {
    const stream = randomStream(seed, 'rotary');
    const dim = 2 * Math.ceil(n / 6);
    const positions = Array.from({ length: m }, () => stream.nextBelow(20));
    const x = randomFloat32(stream, { shape: [m, 3 * dim], low: -3, high: 3 });
    return [x, int32Tensor(positions), rotaryTable(20, dim)];
  },
  attention: ({ seed, m, n }) => {
    const stream = randomStream(seed, 'attention');
    const [keys, depth] = [2 * n, 1 + stream.nextBelow(40)];
    const q = randomFloat32(stream, { shape: [m, depth], low: -2, high: 2 });
    const k = randomFloat32(stream, { shape: [keys, depth], low: -2, high: 2 });
    const v = randomFloat32(stream, { shape: [keys, 1 + stream.nextBelow(90)] });
    const positions = Array.from({ length: m }, () => stream.nextBelow(keys));
    return [q, k, v, int32Tensor(positions)];
  },
  'layer-norm': ({ seed, m, n }) => {
    const stream = randomStream(seed, 'layer-norm');
    const x = randomFloat32(stream, { shape: [m, n], low: -2, high: 3 });
    return [x, randomFloat32(stream, { shape: [n] }), randomFloat32(stream, { shape: [n] })];
  },
  'rms-norm': ({ seed, m, n }) => {
    const stream = randomStream(seed, 'rms-norm');
    const x = randomFloat32(stream, { shape: [m, n], low: -2, high: 3 });
    return [x, randomFloat32(stream, { shape: [n] })];
  },
};

export const DRAWN_OPERATORS = Object.keys(DRAWINGS) as readonly DefinedOperator[];

/** A valid call with m rows of n columns. */
export function randomCall(
  operator: DefinedOperator,
  of: { seed: number; m: number; n: number },
): OperatorCall {
  return { operator, inputs: DRAWINGS[operator](of) };
}
