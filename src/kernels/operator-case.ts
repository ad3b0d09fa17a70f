import type { RandomStream } from '../domain/random.ts';
import type { Shape, Tensor } from '../domain/tensor.ts';
import { elementCount } from '../domain/tensor.ts';
import type { OperatorCall } from './kernels.ts';
import { tensorOver } from './tensor-view.ts';

/** One published test vector: what is expected of it is the reference's result. */
export type OperatorCase = { readonly name: string; readonly call: OperatorCall };

/** A float32 tensor of these numbers. */
export function float32Tensor(shape: Shape, numbers: readonly number[]): Tensor {
  return tensorOver({ dtype: 'float32', shape, values: Float32Array.from(numbers) });
}

/** An int32 tensor of these whole numbers, of one dimension. */
export function int32Tensor(numbers: readonly number[]): Tensor {
  const shape = [numbers.length];
  return tensorOver({ dtype: 'int32', shape, values: Int32Array.from(numbers) });
}

/** A float32 tensor of random numbers in [low, high). */
export function randomFloat32(
  stream: RandomStream,
  of: { shape: Shape; low?: number; high?: number },
): Tensor {
  const { shape, low = -1, high = 1 } = of;
  const values = new Float32Array(elementCount(shape));
  const numbers = values.map(() => low + (high - low) * stream.nextUnit());
  return tensorOver({ dtype: 'float32', shape, values: numbers });
}

/** A uint8 tensor of random numbers in 0..127: what qmatmul takes on its left. */
export function randomUint7(stream: RandomStream, shape: Shape): Tensor {
  const values = new Uint8Array(elementCount(shape)).map(() => stream.nextBelow(128));
  return tensorOver({ dtype: 'uint8', shape, values });
}

/** An int8 tensor of random numbers: what qmatmul takes on its right. */
export function randomInt8(stream: RandomStream, shape: Shape): Tensor {
  const values = new Int8Array(elementCount(shape)).map(() => stream.nextBelow(256) - 128);
  return tensorOver({ dtype: 'int8', shape, values });
}

/** A float32 tensor of one number. */
export function constantFloat32(shape: Shape, number: number): Tensor {
  const values = new Float32Array(elementCount(shape)).fill(number);
  return tensorOver({ dtype: 'float32', shape, values });
}

/** Below the smallest normal number: both ends, and some between, of both signs. */
export const SUBNORMAL = [
  2 ** -149,
  -(2 ** -149),
  3 * 2 ** -149,
  2 ** -140,
  -(2 ** -133),
  2 ** -127,
  -(2 ** -127),
  2 ** -126 - 2 ** -149,
] as const;

/** Numbers at which f32 arithmetic changes its ways. */
export const SPECIAL = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  2 ** -126,
  -(2 ** -126),
  2 ** -149,
  2 ** 127,
  -(2 ** 128 - 2 ** 104),
] as const;
