import { randomStream } from '../domain/random.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { DefinedOperator } from './definitions.ts';
import type { OperatorCall } from './kernels.ts';
import { randomFloat32 } from './operator-case.ts';

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
