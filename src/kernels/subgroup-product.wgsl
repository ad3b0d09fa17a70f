// The tiled product by subgroups: as block-product.wgsl, but what its invocations share they pass among
// themselves, and neither meet at barriers nor use workgroup memory.
//
// A workgroup of LANES invocations makes LANES * 4 columns of ROWS rows, each invocation 4 columns of
// all. Words of the right matrix are one invocation's alone. Of the left one, all need the same: each
// fetches those of a place along k of its own, as many places as its subgroup has invocations, and
// passes them around. Nothing depends on which invocations are a subgroup, or on how many they are,
// from 4 to 128: a value is summed in the order of k, in the blocks of block-product.wgsl.

override LANES = 64u;
const ROWS = 8u;

struct LeftWords {
  upper: vec4<Word>,
  lower: vec4<Word>,
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_index) here: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) lanes: u32,
) {
  let row = (tile.y + sizes.firstTileRow) * ROWS;
  let column = (tile.x + sizes.firstTileColumn) * LANES * 4u + here * 4u;
  let columns = column + vec4u(0u, 1u, 2u, 3u);
  let groups = (sizes.k + SPAN - 1u) / SPAN;
  // Where a workgroup is no whole subgroup, each invocation fetches for itself.
  let present = countOneBits(subgroupBallot(true));
  let isWhole = present.x + present.y + present.z + present.w == lanes;
  let stride = select(1u, lanes, isWhole);
  let ownDepth = select(0u, lane, isWhole);
  var upperTotal = Sums();
  var lowerTotal = Sums();
  var upper = Sums();
  var lower = Sums();
  for (var first = 0u; first < groups; first += stride) {
    let own = leftWords(row, first + ownDepth);
    for (var place = 0u; place < min(stride, groups - first); place++) {
      let b = rightWords(first + place, columns);
      var a = own;
      if (isWhole) {
        a = LeftWords(subgroupShuffle(own.upper, place), subgroupShuffle(own.lower, place));
      }
      upper = withProducts(upper, a.upper, b);
      lower = withProducts(lower, a.lower, b);
    }
    // Sizes of subgroups are powers of two, so that they divide BLOCK.
    if ((first + stride) % BLOCK == 0u || first + stride >= groups) {
      upperTotal = joined(upperTotal, upper);
      lowerTotal = joined(lowerTotal, lower);
      upper = Sums();
      lower = Sums();
    }
  }
  putRows(row, column, upperTotal);
  putRows(row + 4u, column, lowerTotal);
}

fn leftWords(row: u32, group: u32) -> LeftWords {
  return LeftWords(fourWords(row, group), fourWords(row + 4u, group));
}
