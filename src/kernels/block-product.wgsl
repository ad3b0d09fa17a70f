// The tiled product behind matmul and qmatmul; the file before this one says what a Word and a
// Value are, and gives leftWord, rightWord, multiplyAdd and `product`.
//
// A workgroup of 16 x 16 makes 64 x 64 values, each invocation 4 x 4. They first fetch 64 rows and
// 64 columns, 8 words deep, each invocation one vector of them.

struct Sizes {
  m: u32,
  k: u32,
  n: u32,
  // The first tiles: large products are cut into several submissions.
  firstTileRow: u32,
  firstTileColumn: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;

const SIDE = 16u;
const DEPTH = 8u;
const HALF = SIDE * DEPTH;
// Tiles along k that are summed on their own before they join the total: see summationDepth.
const BLOCK_TILES = 32u;

// Small, because systems that zero workgroup memory store by store compile for a second per KiB.
var<workgroup> leftTile: array<vec4<Word>, 128>;
var<workgroup> rightTile: array<vec4<Word>, 128>;

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_id) here: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tileRow = (tile.y + sizes.firstTileRow) * 64u;
  let tileColumn = (tile.x + sizes.firstTileColumn) * 64u;
  let groups = (sizes.k + SPAN - 1u) / SPAN;
  var total0 = vec4<Value>();
  var total1 = vec4<Value>();
  var total2 = vec4<Value>();
  var total3 = vec4<Value>();
  var sum0 = vec4<Value>();
  var sum1 = vec4<Value>();
  var sum2 = vec4<Value>();
  var sum3 = vec4<Value>();
  let tiles = (groups + DEPTH - 1u) / DEPTH;
  for (var step = 0u; step < tiles; step++) {
    // One half of the invocations fetches the left side, the other the right; neighbouring ones
    // fetch neighbouring words.
    var words: vec4<Word>;
    if (lane < HALF) {
      let group = step * DEPTH + lane % DEPTH;
      let row = tileRow + lane / DEPTH * 4u;
      for (var index = 0u; index < 4u; index++) {
        words[index] = leftWord(row + index, group);
      }
      leftTile[lane] = words;
    } else {
      let group = step * DEPTH + (lane - HALF) / SIDE;
      let column = tileColumn + lane % SIDE * 4u;
      for (var index = 0u; index < 4u; index++) {
        words[index] = rightWord(group, column + index);
      }
      rightTile[lane - HALF] = words;
    }
    workgroupBarrier();
    for (var depth = 0u; depth < DEPTH; depth++) {
      let a = leftTile[here.y * DEPTH + depth];
      let b = rightTile[depth * SIDE + here.x];
      sum0 = multiplyAdd(a.x, b, sum0);
      sum1 = multiplyAdd(a.y, b, sum1);
      sum2 = multiplyAdd(a.z, b, sum2);
      sum3 = multiplyAdd(a.w, b, sum3);
    }
    workgroupBarrier();
    if (step % BLOCK_TILES == BLOCK_TILES - 1u || step == tiles - 1u) {
      total0 += sum0;
      total1 += sum1;
      total2 += sum2;
      total3 += sum3;
      sum0 = vec4<Value>();
      sum1 = vec4<Value>();
      sum2 = vec4<Value>();
      sum3 = vec4<Value>();
    }
  }
  let row = tileRow + here.y * 4u;
  let column = tileColumn + here.x * 4u;
  put(row, column, total0);
  put(row + 1u, column, total1);
  put(row + 2u, column, total2);
  put(row + 3u, column, total3);
}

fn put(row: u32, column: u32, values: vec4<Value>) {
  if (row >= sizes.m) {
    return;
  }
  let at = row * sizes.n + column;
  for (var index = 0u; index < 4u; index++) {
    if (column + index < sizes.n) {
      product[at + index] = values[index];
    }
  }
}
