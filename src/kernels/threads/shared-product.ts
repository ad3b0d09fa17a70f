import { tensorBytes, type Tensor } from '../../domain/tensor.ts';
import type { OperatorCall } from '../kernels.ts';

/** A product that was checked, with room for its result. */
export type Product = {
  readonly call: OperatorCall;
  readonly left: Tensor;
  readonly right: Tensor;
  readonly result: Tensor;
};

/** How much shared memory a product takes. */
export function sharedBytes({ left, right, result }: Product): number {
  return [left, right, result].reduce((sum, tensor) => sum + aligned(tensorBytes(tensor)), 0);
}

/** The product with its operands copied into memory that threads share, and its result there. */
export function sharedProduct(
  { call, left, right, result }: Product,
  memory: SharedArrayBuffer,
): Product {
  let free = 0;
  const placed = (tensor: Tensor): Tensor => {
    const bytes = new Uint8Array(memory, free, tensorBytes(tensor));
    free += aligned(bytes.byteLength);
    return { ...tensor, bytes };
  };
  const [sharedLeft, sharedRight, sharedResult] = [placed(left), placed(right), placed(result)];
  sharedLeft.bytes.set(left.bytes);
  sharedRight.bytes.set(right.bytes);
  return {
    call: { ...call, inputs: [sharedLeft, sharedRight] },
    left: sharedLeft,
    right: sharedRight,
    result: sharedResult,
  };
}

/** Whole lines of the caches. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
