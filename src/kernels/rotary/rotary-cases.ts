import { randomStream } from '../../domain/random.ts';
import type { Shape, Tensor } from '../../domain/tensor.ts';
import {
  float32Tensor,
  int32Tensor,
  randomFloat32,
  SUBNORMAL,
  type OperatorCase,
} from '../operator-case.ts';

/** Rows, heads, numbers of a head, and positions of the table. */
const SIZES = [
  [1, 1, 2, 1],
  [3, 1, 4, 5],
  [5, 2, 6, 9],
  [7, 3, 8, 100],
  [4, 2, 64, 64],
  [2, 1, 130, 40],
  [33, 4, 16, 512],
  [0, 2, 4, 3],
  [3, 0, 4, 3],
] as const;

/** Published vectors of rotary. */
export function rotaryCases(): readonly OperatorCase[] {
  const stream = randomStream(1, 'rotary-cases');
  const of = (
    name: string,
    x: Tensor,
    by: { positions: number[]; table: Tensor },
  ): OperatorCase => {
    const inputs = [x, int32Tensor(by.positions), by.table];
    return { name, call: { operator: 'rotary', inputs } };
  };
  const quarter = { positions: [0, 1, 0, 1], table: float32Tensor([2, 2], [1, 0, 0, 1]) };
  const special = [Infinity, 1, 1, -Infinity, NaN, 1, 0, -0];
  const large: Shape = [4, 8];
  return [
    ...SIZES.map(([m, heads, dim, p]) => {
      const positions = Array.from({ length: m }, () => stream.nextBelow(p));
      const by = { positions, table: rotaryTable(p, dim) };
      return of(
        `${heads} heads of ${dim} at ${m} of ${p}`,
        randomFloat32(stream, { shape: [m, heads * dim] }),
        by,
      );
    }),
    of('no turn, and a quarter', randomFloat32(stream, { shape: [4, 6] }), quarter),
    of('large numbers', randomFloat32(stream, { shape: large, low: -(2 ** 120), high: 2 ** 120 }), {
      positions: [3, 2, 1, 0],
      table: rotaryTable(4, 8),
    }),
    of('subnormals', float32Tensor([4, 2], SUBNORMAL), quarter),
    of('NaN and infinity', float32Tensor([4, 2], special), {
      positions: [0, 0, 1, 1],
      table: float32Tensor([2, 2], [0.5, 0.25, -0.5, 0.75]),
    }),
  ];
}

/** The table of RoFormer's angles, p 10000^(-2 j / dim): cosines, then sines. */
export function rotaryTable(positions: number, dim: number): Tensor {
  const half = dim / 2;
  const numbers = Array.from({ length: positions * dim }, (_, index) => {
    const at = index % dim;
    const angle = Math.floor(index / dim) * 10_000 ** (-(at % half) / half);
    return at < half ? Math.cos(angle) : Math.sin(angle);
  });
  return float32Tensor([positions, dim], numbers);
}
