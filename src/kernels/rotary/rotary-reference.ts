import { assert } from '../../domain/assert.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { float32View, int32View, tensorOver } from '../tensor-view.ts';

/** (a, b) -> (a cos - b sin, b cos + a sin), a and b half a head apart. */
export function rotaryReference([x, positions, table]: readonly Tensor[]): Tensor {
  assert(x !== undefined && positions !== undefined && table !== undefined, 'rotary was checked');
  const [from, rows, angles] = [float32View(x), int32View(positions), float32View(table)];
  const [[, columns = 0], [, dim = 0]] = [x.shape, table.shape];
  const half = dim / 2;
  const values = new Float32Array(from.length);
  for (const [row, position] of rows.entries()) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const inHead = column % dim;
      const cosine = angles[position * dim + (inHead % half)] ?? NaN;
      const sine = angles[position * dim + half + (inHead % half)] ?? NaN;
      const own = from[at] ?? NaN;
      const other = from[inHead < half ? at + half : at - half] ?? NaN;
      values[at] = own * cosine + (inHead < half ? -other : other) * sine;
    }
  }
  return tensorOver({ dtype: 'float32', shape: x.shape, values });
}
