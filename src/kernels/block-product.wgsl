// The tiled product behind matmul, qmatmul and qlinear: the files before this one say what a Word and
// a Value are, and give leftWord, rightWords and multiplyAdd; the one behind it puts values.
//
// A workgroup of ACROSS x DOWN invocations makes ACROSS * 4 columns of DOWN * ROWS rows, each
// invocation 4 columns of ROWS rows. They first fetch DEPTH words along k of these rows and columns,
// each invocation some vectors of four. Whatever the sizes are, a value is summed in the same order.

override ACROSS = 16u;
override DOWN = 16u;
// 4 or 8.
override ROWS = 4u;
// Divides BLOCK.
override DEPTH = 8u;

// Small, because systems that zero workgroup memory store by store compile for a second per KiB.
var<workgroup> leftTile: array<vec4<Word>, DOWN * ROWS / 4u * DEPTH>;
var<workgroup> rightTile: array<vec4<Word>, DEPTH * ACROSS>;

@compute @workgroup_size(ACROSS, DOWN)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_id) here: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tileRow = (tile.y + sizes.firstTileRow) * DOWN * ROWS;
  let tileColumn = (tile.x + sizes.firstTileColumn) * ACROSS * 4u;
  let groups = (sizes.k + SPAN - 1u) / SPAN;
  let leftVectors = DOWN * ROWS / 4u * DEPTH;
  let vectors = leftVectors + DEPTH * ACROSS;
  let quads = ROWS / 4u;
  var upperTotal = Sums();
  var lowerTotal = Sums();
  var upper = Sums();
  var lower = Sums();
  for (var first = 0u; first < groups; first += DEPTH) {
    // The first invocations fetch the left side, the others the right; neighbouring ones fetch
    // neighbouring words.
    for (var at = lane; at < vectors; at += ACROSS * DOWN) {
      if (at < leftVectors) {
        let group = first + at % DEPTH;
        leftTile[at] = fourWords(tileRow + at / DEPTH * 4u, group);
      } else {
        let place = at - leftVectors;
        let column = tileColumn + place % ACROSS * 4u;
        rightTile[place] = rightWords(first + place / ACROSS, column + vec4u(0u, 1u, 2u, 3u));
      }
    }
    workgroupBarrier();
    for (var depth = 0u; depth < DEPTH; depth++) {
      let b = rightTile[depth * ACROSS + here.x];
      upper = withProducts(upper, leftTile[here.y * quads * DEPTH + depth], b);
      if (ROWS == 8u) {
        lower = withProducts(lower, leftTile[(here.y * 2u + 1u) * DEPTH + depth], b);
      }
    }
    workgroupBarrier();
    if ((first + DEPTH) % BLOCK == 0u || first + DEPTH >= groups) {
      upperTotal = joined(upperTotal, upper);
      lowerTotal = joined(lowerTotal, lower);
      upper = Sums();
      lower = Sums();
    }
  }
  let row = tileRow + here.y * ROWS;
  let column = tileColumn + here.x * 4u;
  putRows(row, column, upperTotal);
  if (ROWS == 8u) {
    putRows(row + 4u, column, lowerTotal);
  }
}
