// Stores values of a product as they are.
@group(0) @binding(3) var<storage, read_write> product: array<Value>;

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
