/** NORM_EPSILON of norm-epsilon.ts. */
const EPSILON: f64 = 1e-5;

/** Each row of [rows, columns]: (x - mean) / sqrt(variance + epsilon) gain + bias, all in f64. */
export function layerNorm(
  x: usize, gain: usize, bias: usize, out: usize, rows: i32, columns: i32,
): void {
  const pitch = <usize>columns << 2;
  for (let row = 0; row < rows; row++, x += pitch, out += pitch) {
    const mean = sumOf(x, pitch) / <f64>columns;
    const scale = 1 / Math.sqrt(squaresOf(x, pitch, mean) / <f64>columns + EPSILON);
    for (let at: usize = 0; at < pitch; at += 4) {
      const share = (<f64>load<f32>(x + at) - mean) * scale;
      const scaled = share * <f64>load<f32>(gain + at) + <f64>load<f32>(bias + at);
      store<f32>(out + at, <f32>scaled);
    }
  }
}

function sumOf(from: usize, bytes: usize): f64 {
  let sum: f64 = 0;
  for (const end = from + bytes; from < end; from += 4) sum += <f64>load<f32>(from);
  return sum;
}

function squaresOf(from: usize, bytes: usize, mean: f64): f64 {
  let sum: f64 = 0;
  for (const end = from + bytes; from < end; from += 4) {
    const distance = <f64>load<f32>(from) - mean;
    sum += distance * distance;
  }
  return sum;
}
