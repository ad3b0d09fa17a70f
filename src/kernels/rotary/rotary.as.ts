/** (a, b) -> (a cos - b sin, b cos + a sin), a and b half a head of `dim` apart; all in f64. */
export function rotary(
  x: usize, positions: usize, table: usize, out: usize, rows: i32, columns: i32, dim: i32,
): void {
  const half = <usize>dim << 1;
  const head = half << 1;
  const pitch = <usize>columns << 2;
  for (let row = 0; row < rows; row++, x += pitch, out += pitch, positions += 4) {
    const angles = table + <usize>load<u32>(positions) * head;
    for (let first: usize = 0; first < pitch; first += head) {
      for (let at: usize = 0; at < half; at += 4) {
        const a = <f64>load<f32>(x + first + at);
        const b = <f64>load<f32>(x + first + half + at);
        const cosine = <f64>load<f32>(angles + at);
        const sine = <f64>load<f32>(angles + half + at);
        store<f32>(out + first + at, <f32>(a * cosine - b * sine));
        store<f32>(out + first + half + at, <f32>(b * cosine + a * sine));
      }
    }
  }
}
