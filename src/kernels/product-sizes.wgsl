// What every product knows of itself.
struct Sizes {
  m: u32,
  k: u32,
  n: u32,
  // The first tiles: large products are cut into several submissions.
  firstTileRow: u32,
  firstTileColumn: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;

// Words along k that are summed on their own before they join the total: see summationDepth.
const BLOCK = 256u;

// Sums of four rows, four columns each.
struct Sums {
  row0: vec4<Value>,
  row1: vec4<Value>,
  row2: vec4<Value>,
  row3: vec4<Value>,
}

fn withProducts(sums: Sums, a: vec4<Word>, b: vec4<Word>) -> Sums {
  return Sums(
    multiplyAdd(a.x, b, sums.row0),
    multiplyAdd(a.y, b, sums.row1),
    multiplyAdd(a.z, b, sums.row2),
    multiplyAdd(a.w, b, sums.row3),
  );
}

fn joined(a: Sums, b: Sums) -> Sums {
  return Sums(a.row0 + b.row0, a.row1 + b.row1, a.row2 + b.row2, a.row3 + b.row3);
}
