import type { RandomStream } from '../../domain/random.ts';
import { elementBytes, type Tensor } from '../../domain/tensor.ts';
import { elementsOf } from './elements.ts';

/** Bits of an f32 that bfloat16 and half precision do not have. Count. */
const DROPPED_BITS = [16, 13] as const;

/** A tensor as one would hold it that computes in less precision and does not say so. */
export function rounded(tensor: Tensor, random: RandomStream): Tensor {
  const elements = elementsOf(tensor);
  const { count, isFloat } = elements;
  const dropped = DROPPED_BITS[random.nextBelow(DROPPED_BITS.length)] ?? DROPPED_BITS[0];
  // A quarter of an integer's bits.
  const step = 2 ** (2 * elementBytes(tensor.dtype));
  const roundFloat = rounder(dropped);
  if (tensor.dtype === 'bool') return tensor;
  for (let index = 0; index < count; index++) {
    const value = elements.at(index);
    elements.put(index, isFloat ? roundFloat(value) : Math.floor(value / step) * step);
  }
  return elements.tensor();
}

/** Rounds to the nearest f32 without its last bits, ties to even; what is not finite stays. */
function rounder(dropped: number): (value: number) => number {
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  const half = 2 ** (dropped - 1) - 1;
  return (value) => {
    single[0] = value;
    const exact = bits[0] ?? 0;
    const isOdd = (exact >>> dropped) & 1;
    bits[0] = ((exact + half + isOdd) >>> dropped) << dropped;
    return Number.isFinite(value) ? (single[0] ?? 0) : value;
  };
}
