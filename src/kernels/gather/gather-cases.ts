import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  float32Tensor,
  int32Tensor,
  randomFloat32,
  SPECIAL,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** v, n and m: both sides of a vector's 4 columns, and of a GPU's 256 invocations. */
const SIZES = [
  [1, 1, 1],
  [5, 3, 8],
  [9, 4, 64],
  [300, 5, 17],
  [7, 51, 5],
  [40, 257, 3],
  [50_000, 1, 300],
  [3, 4, 0],
  [3, 0, 4],
] as const;

/** Published vectors of gather. */
export function gatherCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'gather-cases');
  const of = (name: string, table: Tensor, indices: readonly number[]): OperatorCase => {
    return { name, call: { operator: 'gather', inputs: [table, int32Tensor(indices)] } };
  };
  const special = [...SPECIAL, ...SUBNORMAL];
  return [
    ...SIZES.map(([v, n, m]) => {
      const indices = Array.from({ length: m }, () => stream.nextBelow(v));
      const table = randomFloat32(stream, { shape: [v, n] });
      return of(`${m} of [${v},${n}]`, table, indices);
    }),
    of('the first and the last', randomFloat32(stream, { shape: [300, 2] }), [0, 299, 299, 0]),
    of('numbers of all kinds', float32Tensor([4, 5], special), [3, 2, 1, 0]),
  ];
}
