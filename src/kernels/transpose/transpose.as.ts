/** Rows and columns that are turned together, so that both sides stay in the cache. */
const BLOCK: i32 = 16;

/** [m,n] -> [n,m] of 4-byte elements. */
export function transpose(from: usize, out: usize, m: i32, n: i32): void {
  for (let top = 0; top < m; top += BLOCK) {
    const bottom = min(top + BLOCK, m);
    for (let left = 0; left < n; left += BLOCK) {
      const right = min(left + BLOCK, n);
      for (let column = left; column < right; column++) {
        let at = out + ((<usize>column * m + top) << 2);
        for (let row = top; row < bottom; row++, at += 4) {
          store<u32>(at, load<u32>(from + ((<usize>row * n + column) << 2)));
        }
      }
    }
  }
}
