import { randomStream } from '../../domain/random.ts';
import type { OperatorName } from '../../domain/operator.ts';
import type { Shape, Tensor } from '../../domain/tensor.ts';
import { definitionOf, isDefined } from '../definitions.ts';
import type { OperatorCall } from '../kernels.ts';
import { isElementWise } from '../element-wise/element-wise.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../operator-case.ts';
import { isProduct } from '../product.ts';
import { tensorOver } from '../tensor-view.ts';
import { isReduction } from '../reduce/reduce.ts';

/**
 * Sizes at which an operator is tried: those that models have, smallest first.
 *
 * Shapes: [m, k, n] of products [m,k] x [k,n]; [rows, columns] of all others, where attention has
 * one head of as many queries and keys, and gather takes every row of its table.
 */
export function trialSizes(operator: OperatorName): readonly Shape[] {
  return isProduct(operator) ? PRODUCT_SIZES : OTHER_SIZES;
}

const PRODUCT_SIZES = [
  [1, 768, 768],
  [1, 768, 3072],
  [128, 768, 768],
  [512, 512, 512],
  [1024, 1024, 1024],
] as const;

/** Numbers of one head. */
const HEAD = 64;

const OTHER_SIZES = [
  [1, 768],
  [128, 768],
  [128, 3072],
  [1024, 1024],
] as const;

/** An operator on random numbers: the same for the same size, on every machine. */
export function trialCall(operator: OperatorName, size: Shape): OperatorCall {
  const random = randomStream(1, `trial of ${operator} ${size.join(' x ')}`);
  const [first = 1, second = 1, third = 1] = size;
  switch (operator) {
    case 'matmul': {
      const left = randomFloat32(random, { shape: [first, second] });
      return { operator, inputs: [left, randomFloat32(random, { shape: [second, third] })] };
    }
    case 'qmatmul': {
      const left = randomUint7(random, [first, second]);
      return { operator, inputs: [left, randomInt8(random, [second, third])] };
    }
    case 'layer-norm':
    case 'rms-norm': {
      const x = randomFloat32(random, { shape: [first, second] });
      const gain = randomFloat32(random, { shape: [second] });
      if (operator === 'rms-norm') return { operator, inputs: [x, gain] };
      return { operator, inputs: [x, gain, randomFloat32(random, { shape: [second] })] };
    }
    case 'gather': {
      const table = randomFloat32(random, { shape: [first, second] });
      return { operator, inputs: [table, positions(first)] };
    }
    case 'rotary': {
      const x = randomFloat32(random, { shape: [first, second] });
      const table = randomFloat32(random, { shape: [first, HEAD] });
      return { operator, inputs: [x, positions(first), table] };
    }
    case 'attention': {
      const head = (): Tensor => randomFloat32(random, { shape: [first, HEAD] });
      return { operator, inputs: [head(), head(), head(), positions(first)] };
    }
    default: {
      // Positive, so that logarithms and quotients are numbers.
      const input = () => randomFloat32(random, { shape: [first, second], low: 0.1, high: 2 });
      if (isElementWise(operator)) return { operator, inputs: [input(), input()] };
      return { operator, inputs: [input()], ...(isReduction(operator) && { axis: 1 }) };
    }
  }
}

/** 0 to count - 1. */
function positions(count: number): Tensor {
  return tensorOver({
    dtype: 'int32',
    shape: [count],
    values: Int32Array.from(Array(count).keys()),
  });
}

/** Sums and products that a call's definition takes; of a function such as exp, one an element. Count. */
export function operationsOf({ operator, inputs }: OperatorCall): number {
  const [left, right] = inputs.map(({ shape }) => shape);
  if (isDefined(operator))
    return definitionOf(operator).operations(inputs.map(({ shape }) => shape));
  const elements = (left ?? []).reduce((product, size) => product * size, 1);
  return isProduct(operator) ? 2 * elements * (right?.[1] ?? 1) : elements;
}
