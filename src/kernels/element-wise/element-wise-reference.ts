import type { Tensor } from '../../domain/tensor.ts';
import { NORMAL_MIN } from '../float32.ts';
import { float32View, tensorOver } from '../tensor-view.ts';
import type { ElementWiseOperator } from './element-wise.ts';

/** a[m,n] OP b, where b's elements are repeated until they cover a. NaN stays NaN. */
export function elementWiseReference(
  operator: ElementWiseOperator,
  { left, right }: { left: Tensor; right: Tensor },
): Tensor {
  const a = float32View(left);
  const b = float32View(right);
  const values = new Float32Array(a.length);
  for (let first = 0; first < a.length; first += b.length) {
    for (let index = 0; index < b.length; index++) {
      // In range, as a[m,n] is covered by whole b. Written out in this loop, which checks run over
      // millions of elements: a call would cost ten times the operation.
      const x = a[first + index] as number;
      const y = b[index] as number;
      values[first + index] =
        operator === 'add'
          ? x + y
          : operator === 'sub'
            ? x - y
            : operator === 'mul'
              ? flushed(x) * flushed(y)
              : operator === 'div'
                ? flushed(x) / flushed(y)
                : operator === 'max'
                  ? Math.max(x, y)
                  : Math.min(x, y);
    }
  }
  return tensorOver({ dtype: 'float32', shape: left.shape, values });
}

/**
 * Some GPUs read subnormals as zero, which products and quotients magnify without bound: so the
 * set says that in these all do.
 */
function flushed(x: number): number {
  if (!(Math.abs(x) < NORMAL_MIN)) return x;
  return 1 / x < 0 ? -0 : 0;
}
