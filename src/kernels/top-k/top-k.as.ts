/** The columns of the `count` highest numbers of each row of [rows, columns]; NaN is above all. */
export function topK(from: usize, out: usize, rows: i32, columns: i32, count: i32): void {
  for (let row = 0; row < rows; row++, from += <usize>columns << 2, out += <usize>count << 2) {
    for (let column = 0; column < columns; column++) {
      // What came first is before its equals, so that a later one must be higher.
      if (column >= count && !isHigher(from, column, placeOf(out, count - 1))) continue;
      insert(from, out, column, min(column, count - 1));
    }
  }
}

/** Puts a column where it belongs among those found, of which the one at `last` goes. */
function insert(from: usize, out: usize, column: i32, last: i32): void {
  let at = last;
  for (; at > 0; at--) {
    const before = placeOf(out, at - 1);
    if (!isHigher(from, column, before)) break;
    store<i32>(out + (<usize>at << 2), before);
  }
  store<i32>(out + (<usize>at << 2), column);
}

@inline
function placeOf(out: usize, rank: i32): i32 {
  return load<i32>(out + (<usize>rank << 2));
}

/** Of NaN no comparison is true. */
@inline
function isHigher(from: usize, column: i32, than: i32): bool {
  const other = load<f32>(from + (<usize>than << 2));
  return !(load<f32>(from + (<usize>column << 2)) <= other) && other == other;
}
