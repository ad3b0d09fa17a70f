import type { Tensor } from '../domain/tensor.ts';
import type { TensorSignature } from './operator-output.ts';
import { int32View } from './tensor-view.ts';

/** Whether an input is there and an int32 tensor of one dimension. */
export function isInt32Vector(input: TensorSignature | undefined): input is TensorSignature {
  return input?.dtype === 'int32' && input.shape.length === 1;
}

/**
 * What is wrong with indices of rows, which a producer sends: one that is below 0, or not below
 * `count`; null where none is.
 */
export function wrongIndex(
  indices: Tensor,
  of: { readonly what: string; readonly count: number },
): string | null {
  const { what, count } = of;
  const wrong = int32View(indices).find((index) => index < 0 || index >= count);
  if (wrong === undefined) return null;
  const remedy = count === 0 ? `give ${what} some rows` : `use 0 to ${count - 1}`;
  return `${wrong} is no row of ${what}, which has ${count}: ${remedy}`;
}
