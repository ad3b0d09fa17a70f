/** The first column of the highest number of each row of [rows, columns]; NaN is above all. */
export function argmax(from: usize, out: usize, rows: i32, columns: i32): void {
  for (let row = 0; row < rows; row++, from += <usize>columns << 2, out += 4) {
    store<i32>(out, firstHighest(from, columns));
  }
}

function firstHighest(from: usize, columns: i32): i32 {
  let best: i32 = 0;
  let highest = load<f32>(from);
  for (let column = 1; column < columns && highest == highest; column++) {
    const value = load<f32>(from + (<usize>column << 2));
    // Of NaN no comparison is true.
    if (!(value <= highest)) {
      highest = value;
      best = column;
    }
  }
  return best;
}
