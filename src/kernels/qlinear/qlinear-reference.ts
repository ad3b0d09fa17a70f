import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { clamp } from '../exact/fixed-point.ts';
import { qmatmulReference } from '../qmatmul/qmatmul-reference.ts';
import { int32View, tensorOver } from '../tensor-view.ts';

/** u8 [m,k] x i8 [k,n], requantized and looked up: -> u8 [m,n], as `QLINEAR` says. */
export function qlinearReference(inputs: readonly Tensor[]): Tensor {
  const [x, w, bias, multipliers, shift, activation] = inputs;
  assert(x !== undefined && w !== undefined, 'qlinear was checked');
  assert(bias !== undefined && multipliers !== undefined, 'qlinear was checked');
  assert(shift !== undefined && activation !== undefined, 'qlinear was checked');
  const sums = qmatmulReference(x, w);
  const columns = w.shape[1] ?? 0;
  const [addends, factors] = [int32View(bias), int32View(multipliers)];
  // Below 2^45 and so exact in f64; of a power of two a quotient is too.
  const divisor = 2 ** (15 + (int32View(shift)[0] ?? 0));
  const values = Uint8Array.from(int32View(sums), (sum, at) => {
    const product = (sum + (addends[at % columns] ?? 0)) * (factors[at % columns] ?? 0);
    const rounded = Math.floor(product / divisor + 0.5);
    return activation.bytes[clamp(rounded, { low: -128, high: 127 }) + 128] ?? 0;
  });
  return tensorOver({ dtype: 'uint8', shape: sums.shape, values });
}
