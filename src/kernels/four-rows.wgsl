// Four rows of a tile: their words at a place along k, and where their sums go.
fn fourWords(row: u32, group: u32) -> vec4<Word> {
  return vec4<Word>(
    leftWord(row, group),
    leftWord(row + 1u, group),
    leftWord(row + 2u, group),
    leftWord(row + 3u, group),
  );
}

fn putRows(row: u32, column: u32, sums: Sums) {
  put(row, column, sums.row0);
  put(row + 1u, column, sums.row1);
  put(row + 2u, column, sums.row2);
  put(row + 3u, column, sums.row3);
}
