import { requantize } from '../fixed-point.ts';
import type { ExactProduct } from '../gpt/gpt.ts';

/** One row times the weights, requantized: [inner] u8 in 0..127 -> [columns] i32. */
export function productReference(row: Uint8Array, product: ExactProduct): Int32Array {
  const { weights, multipliers, shift } = product;
  const sums = product.bias.slice();
  const columns = sums.length;
  for (let depth = 0; depth < row.length; depth++) {
    const factor = at(row, depth);
    for (let column = 0; column < columns; column++) {
      sums[column] = at(sums, column) + factor * at(weights, depth * columns + column);
    }
  }
  return sums.map((sum, column) => requantize(sum, { multiplier: at(multipliers, column), shift }));
}

/** In range by the loops' bounds. */
function at(values: Uint8Array | Int8Array | Int32Array, index: number): number {
  return values[index] as number;
}
