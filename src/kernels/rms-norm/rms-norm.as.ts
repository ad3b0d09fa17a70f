/** NORM_EPSILON of norm-epsilon.ts. */
const EPSILON: f64 = 1e-5;

/** Each row of [rows, columns]: x / sqrt(mean of x^2 + epsilon) gain, all in f64. */
export function rmsNorm(x: usize, gain: usize, out: usize, rows: i32, columns: i32): void {
  const pitch = <usize>columns << 2;
  for (let row = 0; row < rows; row++, x += pitch, out += pitch) {
    const squares = squaresOf(x, pitch);
    // Only an infinity makes it infinite; a row with one is NaN.
    const scale = squares < Infinity ? 1 / Math.sqrt(squares / <f64>columns + EPSILON) : NaN;
    for (let at: usize = 0; at < pitch; at += 4) {
      store<f32>(out + at, <f32>(<f64>load<f32>(x + at) * scale * <f64>load<f32>(gain + at)));
    }
  }
}

function squaresOf(from: usize, bytes: usize): f64 {
  let sum: f64 = 0;
  for (const end = from + bytes; from < end; from += 4) {
    const value = <f64>load<f32>(from);
    sum += value * value;
  }
  return sum;
}
