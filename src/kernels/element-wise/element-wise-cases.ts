import { randomStream } from '../../domain/random.ts';
import {
  float32Tensor,
  randomFloat32,
  SPECIAL,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';
import type { ElementWiseOperator } from './element-wise.ts';

/** First and second shapes: each way to meet, both sides of a vector's 4 and a workgroup's 256. */
const SHAPES = [
  [[1], [1]],
  [[7], [7]],
  [
    [3, 4],
    [3, 4],
  ],
  [
    [2, 3, 5],
    [2, 3, 5],
  ],
  [[5, 3], [3]],
  [
    [5, 8],
    [1, 8],
  ],
  [[3, 257], [257]],
  [[257], []],
  [[1_031, 5], [5]],
  [[3, 7], []],
  [[], []],
  [
    [0, 4],
    [0, 4],
  ],
] as const;

/** Published vectors of an element-wise operator. */
export function elementWiseCases(operator: ElementWiseOperator): readonly OperatorCase[] {
  const stream = randomStream(1, `${operator}-cases`);
  const range = { low: -100, high: 100 };
  const byShape = SHAPES.map(([left, right]) => ({
    name: `[${left.join()}] with [${right.join()}]`,
    call: {
      operator,
      inputs: [
        randomFloat32(stream, { shape: left, ...range }),
        randomFloat32(stream, { shape: right, ...range }),
      ],
    },
  }));
  return [...byShape, special(operator), wide(operator), subnormal(operator), equal(operator)];
}

/** Every special number with every other. */
function special(operator: ElementWiseOperator): OperatorCase {
  const size = SPECIAL.length;
  const left = SPECIAL.flatMap((x) => Array.from({ length: size }, () => x));
  const right = SPECIAL.flatMap(() => SPECIAL);
  const inputs = [float32Tensor([size, size], left), float32Tensor([size, size], right)];
  return { name: 'special numbers', call: { operator, inputs } };
}

/** Subnormals with each other, and with what makes numbers of them again. */
function subnormal(operator: ElementWiseOperator): OperatorCase {
  const others = [...SUBNORMAL, 2 ** 30, -1, 2 ** -126];
  const left = SUBNORMAL.flatMap((x) => others.map(() => x));
  const right = SUBNORMAL.flatMap(() => others);
  const shape = [SUBNORMAL.length, others.length];
  const inputs = [float32Tensor(shape, left), float32Tensor(shape, right)];
  return { name: 'subnormals', call: { operator, inputs } };
}

/** Every number with itself: differences are nothing, and quotients are one. */
function equal(operator: ElementWiseOperator): OperatorCase {
  const input = randomFloat32(randomStream(3, `${operator}-cases`), {
    ...{ shape: [3, 259], low: 1e-3, high: 1e3 },
  });
  return { name: 'equal operands', call: { operator, inputs: [input, input] } };
}

/** Exponents from end to end, where a product or quotient of two stays among the numbers. */
function wide(operator: ElementWiseOperator): OperatorCase {
  const stream = randomStream(2, `${operator}-cases`);
  const exponents = Array.from({ length: 61 }, (_, index) => 4 * index - 120);
  const left = exponents.map((exponent) => (1 + stream.nextUnit()) * 2 ** exponent);
  const flip = operator === 'mul' ? -1 : 1;
  const right = exponents.map((exponent) => (1 + stream.nextUnit()) * 2 ** (flip * exponent));
  const inputs = [float32Tensor([61], left), float32Tensor([61], right)];
  return { name: 'all exponents', call: { operator, inputs } };
}
