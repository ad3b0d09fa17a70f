import { assert } from '../../domain/assert.ts';
import { randomStream } from '../../domain/random.ts';
import {
  constantFloat32,
  float32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** Both sides of the kernels' blocks: 4 rows, 8, 32 and 64 columns, 8, 256 and 8192 deep. */
const SIZES = [
  [1, 1, 1],
  [4, 16, 8],
  [5, 17, 9],
  [3, 255, 7],
  [2, 256, 5],
  [3, 257, 31],
  [64, 64, 64],
  [65, 63, 67],
  [67, 5, 129],
  [4, 0, 3],
  [1, 70, 131],
  [1, 9_001, 5],
] as const;

/** Published vectors of matmul. */
export function matmulCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'matmul-cases');
  const bySize = SIZES.map(([m, k, n]) => ({
    name: `[${m},${k}] x [${k},${n}]`,
    call: {
      operator: 'matmul' as const,
      inputs: [randomFloat32(stream, { shape: [m, k] }), randomFloat32(stream, { shape: [k, n] })],
    },
  }));
  const thin = [special(), long(), subnormal()];
  const others = [identity(), large(), equal(), canceling()];
  return [...bySize, ...thin, ...thin.map(withMoreRows), ...others];
}

/** Each row three times: products of few rows have kernels of their own. */
function withMoreRows({ name, call }: OperatorCase): OperatorCase {
  const [left, right] = call.inputs;
  assert(left !== undefined && right !== undefined, 'a product has two operands');
  const [m = 0, k = 0] = left.shape;
  const bytes = new Uint8Array(3 * left.bytes.byteLength);
  for (const time of [0, 1, 2]) bytes.set(left.bytes, time * left.bytes.byteLength);
  const inputs = [{ ...left, shape: [3 * m, k], bytes }, right];
  return { name: `${name}, more rows`, call: { ...call, inputs } };
}

/** Many blocks of the inner dimension, none of them whole: what is summed in too few bits shows. */
function long(): OperatorCase {
  const stream = randomStream(3, 'matmul-cases');
  const range = { low: 0.5, high: 1.5 };
  const left = randomFloat32(stream, { shape: [3, 4_099], ...range });
  const inputs = [left, randomFloat32(stream, { shape: [4_099, 5], ...range })];
  return { name: 'a long inner dimension', call: { operator: 'matmul', inputs } };
}

/** Products of 2^100 each, which stay numbers when they are summed. */
function large(): OperatorCase {
  const stream = randomStream(4, 'matmul-cases');
  const range = { low: -(2 ** 50), high: 2 ** 50 };
  const left = randomFloat32(stream, { shape: [9, 70], ...range });
  const inputs = [left, randomFloat32(stream, { shape: [70, 66], ...range })];
  return { name: 'large magnitudes', call: { operator: 'matmul', inputs } };
}

/** Subnormals may be taken for zero, and for nothing else; so may zeros of both signs. */
function subnormal(): OperatorCase {
  const numbers = [...SUBNORMAL, 0, -0];
  const left = float32Tensor([2, 5], numbers);
  const right = float32Tensor([5, 2], numbers.toReversed());
  const inputs = [left, right];
  return { name: 'subnormals and zeros', call: { operator: 'matmul', inputs } };
}

/** Every element of the result is the same number, wherever a tile ends. */
function equal(): OperatorCase {
  const inputs = [constantFloat32([67, 131], 0.1), constantFloat32([131, 65], 0.3)];
  return { name: 'all equal', call: { operator: 'matmul', inputs } };
}

/** Sums whose terms cancel out in pairs. */
function canceling(): OperatorCase {
  const signs = Array.from({ length: 5 * 300 }, (_, index) => (index % 2 === 0 ? 1e6 : -1e6));
  const inputs = [float32Tensor([5, 300], signs), constantFloat32([300, 9], 3)];
  return { name: 'terms that cancel out', call: { operator: 'matmul', inputs } };
}

function identity(): OperatorCase {
  const size = 37;
  const unit = Array.from({ length: size * size }, (_, index) => (index % (size + 1) ? 0 : 1));
  const other = randomFloat32(randomStream(2, 'matmul-cases'), { shape: [size, 11] });
  const inputs = [float32Tensor([size, size], unit), other];
  return { name: 'the identity', call: { operator: 'matmul', inputs } };
}

function special(): OperatorCase {
  const left = float32Tensor([4, 2], [Infinity, 1, NaN, 1, 0, 1, -Infinity, 0]);
  const right = float32Tensor([2, 3], [1, -1, 0, 2, 2, 2]);
  return { name: 'NaN and infinity', call: { operator: 'matmul', inputs: [left, right] } };
}
