import { assert } from '../domain/assert.ts';
import { elementBytes, rowBytes, tensorBytes, type Tensor } from '../domain/tensor.ts';
import { copyColumns, shapeOfColumns, type ColumnRange } from './column-range.ts';
import type { WasmExports } from './wasm-exports.ts';
import type { Places } from './wasm-places.ts';

/**
 * Most rows of a left matrix for which the right one is read straight.
 *
 * More rows are worth packing it. On a Zen 4, with [768,3072] on the right, f32: straight 2 rows took
 * 0.64 ms and 3 rows 0.86, packed 4 rows 1.45 and 6 rows 1.44; bytes: straight 3 rows 0.33, packed
 * 4 rows 0.40. So f32 would gain from a row or two more, and bytes would not.
 */
export const FEW_ROWS_MAX = 4;

/** Bytes along k of a slab for the blocked product: f32 sums begin anew each 256 rows. */
const BLOCK_BYTES = 1024;

/** What a slab may have for the product of few rows: the second-level cache holds it. */
const FEW_ROWS_SLAB_BYTES = 256 * 1024;

/** Fewest rows of a slab: as many as are read side by side. */
const SLAB_ROWS_MIN = 8;

/**
 * How many rows of the right matrix are copied into WASM memory at a time.
 *
 * A slab and not the whole: what was just written is read again while a cache has it, and memory
 * need not hold it all.
 */
export function slabRows(left: Tensor, right: Tensor): number {
  const [m = 0] = left.shape;
  const [k = 0] = right.shape;
  const most = BLOCK_BYTES / elementBytes(right.dtype);
  if (m > FEW_ROWS_MAX) return Math.min(k, most);
  let rows = most;
  while (rows > SLAB_ROWS_MIN && rows * rowBytes(right) > FEW_ROWS_SLAB_BYTES) rows /= 2;
  return Math.min(k, rows);
}

/**
 * Multiplies `left`, which is in its place, by columns of `right`, which is not, into the output's
 * place.
 */
export function multiply(
  wasm: WasmExports,
  of: { left: Tensor; right: Tensor; columns: ColumnRange; places: Places },
): void {
  const { left, right, columns, places } = of;
  const [m = 0, k = 0] = left.shape;
  const n = columns.end - columns.start;
  const { output: c, scratch: partial } = places;
  const [a = 0, b = 0] = places.inputs;
  const rows = slabRows(left, shapeOfColumns(right, columns));
  const isFew = m <= FEW_ROWS_MAX || k === 0;
  assert(right.bytes.byteLength === tensorBytes(right), 'a checked operand has its bytes');
  const memory = new Uint8Array(wasm.memory.buffer);
  let depth = 0;
  do {
    const depths = Math.min(rows, k - depth);
    const slab = { start: depth, end: depth + depths };
    copyColumns({
      ...{ matrix: right, columns, rows: slab },
      ...{ together: memory.subarray(b), to: 'together' },
    });
    if (right.dtype === 'float32') {
      if (isFew) wasm.matmulRows(a, b, c, partial, m, k, n, depth, depths);
      else wasm.matmul(a, b, c, m, k, n, depth, depths);
    } else if (isFew) wasm.qmatmulRows(a, b, c, m, k, n, depth, depths);
    else wasm.qmatmul(a, b, c, m, k, n, depth, depths);
    depth += depths;
  } while (depth < k);
}
