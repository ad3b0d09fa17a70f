/** out[row] = from[by[row]], rows of so many columns; indices were checked. */
export function gather(from: usize, by: usize, out: usize, rows: i32, columns: i32): void {
  const pitch = <usize>columns << 2;
  for (let row = 0; row < rows; row++, by += 4, out += pitch) {
    memory.copy(out, from + <usize>load<u32>(by) * pitch, pitch);
  }
}
