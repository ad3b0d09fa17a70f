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

/** Numbers of one head. */
const HEAD = 64;
/** As many as samplers look at. */
const RANKS = 40;
/** Most columns of a quantized layer: the reference computes all of its rows. */
const LAYER_COLUMNS = 256;

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
    case 'qlinear': {
      const [k, n] = [wholeSixteens(second), wholeSixteens(Math.min(second, LAYER_COLUMNS))];
      const numbers = (low: number, high: number): Tensor => {
        const values = Int32Array.from({ length: n }, () => low + random.nextBelow(high - low));
        return tensorOver({ dtype: 'int32', shape: [n], values });
      };
      const shift = tensorOver({ dtype: 'int32', shape: [1], values: Int32Array.of(8) });
      const products = [randomUint7(random, [first, k]), randomInt8(random, [k, n])];
      const rest = [numbers(-100_000, 100_000), numbers(0, 32_768), shift];
      return { operator, inputs: [...products, ...rest, randomUint7(random, [256])] };
    }
    case 'layer-norm':
    case 'rms-norm': {
      const x = randomFloat32(random, { shape: [first, second] });
      const gain = randomFloat32(random, { shape: [second] });
      if (operator === 'rms-norm') return { operator, inputs: [x, gain] };
      return { operator, inputs: [x, gain, randomFloat32(random, { shape: [second] })] };
    }
    case 'top-k': {
      const x = randomFloat32(random, { shape: [first, second] });
      return { operator, inputs: [x, positions(Math.min(second, RANKS))] };
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

function wholeSixteens(count: number): number {
  return Math.ceil(count / 16) * 16;
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
