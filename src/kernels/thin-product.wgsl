// The product of few rows: as block-product.wgsl, but bound by how fast the right matrix is read.
//
// A workgroup of QUADS x SLICES invocations makes QUADS * 4 columns of up to four rows. Each
// invocation sums every SLICES-th word along k of 4 columns; then they meet. So neighbouring ones
// read neighbouring words, each word is read once, and even few columns keep many invocations busy.

override QUADS = 8u;
// A power of two.
override SLICES = 8u;
// 1 or 4.
override ROWS = 1u;

// Small, for the reason that block-product.wgsl gives: half of the slices bring their sums at a time.
var<workgroup> meeting: array<vec4<Value>, QUADS * SLICES / 2u>;

@compute @workgroup_size(QUADS, SLICES)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_id) here: vec3u) {
  let tileColumn = (tile.x + sizes.firstTileColumn) * QUADS * 4u;
  let columns = tileColumn + columnsOf(here.x);
  let groups = (sizes.k + SPAN - 1u) / SPAN;
  var total = Sums();
  var sums = Sums();
  var inBlock = 0u;
  for (var group = here.y; group < groups; group += SLICES) {
    let b = rightWords(group, columns);
    sums.row0 = multiplyAdd(leftWord(0u, group), b, sums.row0);
    if (ROWS == 4u) {
      sums.row1 = multiplyAdd(leftWord(1u, group), b, sums.row1);
      sums.row2 = multiplyAdd(leftWord(2u, group), b, sums.row2);
      sums.row3 = multiplyAdd(leftWord(3u, group), b, sums.row3);
    }
    inBlock++;
    if (inBlock == BLOCK) {
      total = joined(total, sums);
      sums = Sums();
      inBlock = 0u;
    }
  }
  total = joined(total, sums);
  putSum(0u, tileColumn, here, total.row0);
  if (ROWS == 4u) {
    putSum(1u, tileColumn, here, total.row1);
    putSum(2u, tileColumn, here, total.row2);
    putSum(3u, tileColumn, here, total.row3);
  }
}

// Of a word, ABREAST neighbouring columns; neighbours take every QUADS-th word.
fn columnsOf(quad: u32) -> vec4u {
  let four = vec4u(0u, 1u, 2u, 3u);
  return (quad + four / ABREAST * QUADS) * ABREAST + four % ABREAST;
}

// Sums over the slices, and puts the columns in their order.
fn putSum(row: u32, tileColumn: u32, here: vec3u, ofSlice: vec4<Value>) {
  let lane = here.y * QUADS + here.x;
  var sum = ofSlice;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    if (here.y >= half && here.y < half * 2u) {
      meeting[lane - half * QUADS] = sum;
    }
    workgroupBarrier();
    if (here.y < half) {
      sum += meeting[lane];
    }
    workgroupBarrier();
  }
  if (ABREAST < 4u) {
    if (here.y == 0u) {
      meeting[lane] = sum;
    }
    workgroupBarrier();
    for (var index = 0u; index < 4u; index++) {
      let column = here.x * 4u + index;
      let word = column / ABREAST;
      sum[index] = meeting[word % QUADS][word / QUADS * ABREAST + column % ABREAST];
    }
    workgroupBarrier();
  }
  if (here.y == 0u) {
    put(row, tileColumn + here.x * 4u, sum);
  }
}
