import { randomStream } from '../../domain/random.ts';
import type { OperatorCall } from '../kernels.ts';
import { randomInt8, randomUint7, type OperatorCase } from '../operator-case.ts';
import { tensorOver } from '../tensor-view.ts';

/** Both sides of the kernels' blocks: words of 2 and 4, 4 rows, 8, 32 and 64 columns, 1024 deep. */
const SIZES = [
  [1, 1, 1],
  [1, 2, 3],
  [4, 4, 8],
  [5, 3, 7],
  [5, 5, 9],
  [7, 61, 13],
  [64, 64, 64],
  [66, 65, 71],
  [3, 511, 17],
  [3, 513, 10],
  [2, 1023, 9],
  [5, 1025, 33],
  [2, 8_195, 6],
  [129, 67, 65],
  [3, 0, 2],
  [1, 67, 36],
  [4, 30, 130],
  [9, 70, 68],
] as const;

/** Published vectors of qmatmul. */
export function qmatmulCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'qmatmul-cases');
  const bySize = SIZES.map(([m, k, n]) => ({
    name: `[${m},${k}] x [${k},${n}]`,
    call: {
      operator: 'qmatmul' as const,
      inputs: [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])],
    },
  }));
  const lowest = { name: 'largest products, negative', call: constant({ left: 127, right: -128 }) };
  const highest = { name: 'largest products, positive', call: constant({ left: 127, right: 127 }) };
  return [...bySize, lowest, highest];
}

function constant(of: { left: number; right: number }): OperatorCall {
  const [m, k, n] = [5, 2051, 9];
  const left = new Uint8Array(m * k).fill(of.left);
  const right = new Int8Array(k * n).fill(of.right);
  return {
    operator: 'qmatmul',
    inputs: [
      tensorOver({ dtype: 'uint8', shape: [m, k], values: left }),
      tensorOver({ dtype: 'int8', shape: [k, n], values: right }),
    ],
  };
}
