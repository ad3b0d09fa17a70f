// The blocked product behind matmul (T = f32) and qmatmul (T = i32), for any size.
//
// Both are the same walk over words (see product-word.as.ts): those of the left matrix packed in
// strips of a tile's rows, those of the right matrix in panels of 8 columns. The right matrix comes
// in slabs of some of its rows, which are copied into this memory one behind the other.
//
// Blocks of GROUPS words along k bound the rounding error of f32 sums (see tolerance.ts) and keep
// a panel (8 KiB) and a strip (6 KiB) in the first-level cache; ROWS and COLUMNS bound the scratch
// memory. ROWS is a multiple of 4, of 5 and of 6, COLUMNS of 16.
import { packLeft, packRight } from './product-pack.as';
import { put, tile, tileRows } from './product-tile.as';
import { sourceBytes, span } from './product-word.as';

const GROUPS: i32 = 256;
const ROWS: i32 = 120;
const COLUMNS: i32 = 1024;

const LEFT_BYTES: usize = 4 * GROUPS * ROWS;
const RIGHT_BYTES: usize = 4 * GROUPS * COLUMNS;
const EDGE_BYTES: usize = 4 * 6 * 8;

/** Where memory is free for operands: behind the scratch memory of products. */
export function operandsStart(): usize {
  return scratchStart() + LEFT_BYTES + RIGHT_BYTES + EDGE_BYTES;
}

/** Where the scratch memory of products begins, of more than a MiB; nothing lasts there. */
@inline
export function scratchStart(): usize {
  return (__heap_base + 63) & ~63;
}

/**
 * c[m,n] = a[m,k] x b[k,n], or adds to c what one slab of b contributes; all row-major.
 *
 * The slab is `depths` rows of b from row `depth` on; the first one, of depth 0, overwrites c. For
 * f32, `depth` is a multiple of GROUPS.
 */
export function blockProduct<T, D>(
  a: usize, b: usize, c: usize, m: i32, k: i32, n: i32, depth: i32, depths: i32,
): void {
  const left = scratchStart();
  const right = left + LEFT_BYTES;
  const size = sourceBytes<T>();
  for (let within = 0; within < depths; within += GROUPS * span<T>()) {
    const deep = min(GROUPS * span<T>(), depths - within);
    const groups = (deep + span<T>() - 1) / span<T>();
    const first = depth + within == 0;
    for (let column = 0; column < n; column += COLUMNS) {
      const columns = min(COLUMNS, n - column);
      packRight<T>(b + (<usize>within * n + column) * size, n, deep, columns, groups, right);
      for (let row = 0; row < m; row += ROWS) {
        const rows = min(ROWS, m - row);
        packLeft<T, D>(a + (<usize>row * k + depth + within) * size, k, deep, rows, groups, left);
        const out = c + ((<usize>row * n + column) << 2);
        multiply<T, D>(left, right, out, rows, columns, groups, n, first);
      }
    }
  }
}

/** Multiplies one packed block by another into c, or onto what c holds. */
function multiply<T, D>(
  left: usize, right: usize, c: usize,
  rows: i32, columns: i32, groups: i32, n: i32, first: bool,
): void {
  const edge = scratchStart() + LEFT_BYTES + RIGHT_BYTES;
  for (let column = 0; column < columns; column += 8) {
    const panel = right + (<usize>column * groups << 2);
    const wide = min(8, columns - column);
    for (let row = 0; row < rows; row += tileRows<T, D>()) {
      const strip = left + (<usize>row * groups << 2);
      const out = c + ((<usize>row * n + column) << 2);
      const high = min(tileRows<T, D>(), rows - row);
      if (wide == 8 && high == tileRows<T, D>()) {
        tile<T, D>(strip, panel, groups, out, <usize>n << 2, first);
      } else {
        tile<T, D>(strip, panel, groups, edge, 32, true);
        mergeEdge<T>(edge, out, high, wide, n, first);
      }
    }
  }
}

function mergeEdge<T>(edge: usize, out: usize, high: i32, wide: i32, n: i32, first: bool): void {
  for (let row = 0; row < high; row++, edge += 32, out += <usize>n << 2) {
    if (wide == 8) {
      put<T>(out, v128.load(edge), v128.load(edge, 16), first);
      continue;
    }
    for (let column = 0; column < wide; column++) {
      const at = out + (<usize>column << 2);
      const value = load<T>(edge + (<usize>column << 2));
      store<T>(at, first ? value : <T>(load<T>(at) + value));
    }
  }
}
