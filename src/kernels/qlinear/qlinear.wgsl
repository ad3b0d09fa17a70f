// u8 in 0..127 [m,k] x i8 [k,n], requantized and looked up -> u8 [m,n]; n is a multiple of 8.
@group(0) @binding(3) var<storage, read> bias: array<i32>;
@group(0) @binding(4) var<storage, read> multipliers: array<i32>;
@group(0) @binding(5) var<storage, read> shift: array<u32>;
@group(0) @binding(6) var<storage, read> activation: array<u32>;
@group(0) @binding(7) var<storage, read_write> result: array<u32>;

fn put(row: u32, column: u32, sums: vec4i) {
  if (row >= sizes.m || column >= sizes.n) {
    return;
  }
  var word = 0u;
  for (var index = 0u; index < 4u; index++) {
    let sum = sums[index] + bias[column + index];
    let value = requantize(sum, multipliers[column + index], shift[0]);
    let place = u32(clamp(value, -128, 127) + 128);
    word |= extractBits(activation[place / 4u], place % 4u * 8u, 8u) << (index * 8u);
  }
  result[(row * sizes.n + column) / 4u] = word;
}
