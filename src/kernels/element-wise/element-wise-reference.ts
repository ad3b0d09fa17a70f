import { assertNever } from '../../domain/assert.ts';
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
  const values = a.map((x, index) => apply(operator, { x, y: b[index % b.length] ?? NaN }));
  return tensorOver({ dtype: 'float32', shape: left.shape, values });
}

function apply(operator: ElementWiseOperator, { x, y }: { x: number; y: number }): number {
  switch (operator) {
    case 'add':
      return x + y;
    case 'sub':
      return x - y;
    case 'mul':
      return flushed(x) * flushed(y);
    case 'div':
      return flushed(x) / flushed(y);
    case 'max':
      return Math.max(x, y);
    case 'min':
      return Math.min(x, y);
    default:
      return assertNever(operator);
  }
}

/**
 * Some GPUs read subnormals as zero, which products and quotients magnify without bound: so the
 * set says that in these all do.
 */
function flushed(x: number): number {
  if (!(Math.abs(x) < NORMAL_MIN)) return x;
  return 1 / x < 0 ? -0 : 0;
}
