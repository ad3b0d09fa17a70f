// WGSL lets an implementation assume that NaN and Infinity never occur, and flush subnormals. So
// values travel as bits, and what depends on special values is decided on bits.

const INFINITY_BITS = 0x7f800000u;
const NAN_BITS = 0x7fc00000u;
const SIGN_BIT = 0x80000000u;

fn isNan(bits: u32) -> bool {
  return (bits & ~SIGN_BIT) > INFINITY_BITS;
}

// Zero or subnormal.
fn isTiny(bits: u32) -> bool {
  return (bits & INFINITY_BITS) == 0u;
}

fn isInfinite(bits: u32) -> bool {
  return (bits & ~SIGN_BIT) == INFINITY_BITS;
}

// Integers in the order of the numbers, NaN above all; `fromOrder` undoes it.
fn toOrder(bits: u32) -> i32 {
  let one = bitcast<i32>(select(bits, NAN_BITS, isNan(bits)));
  return one ^ ((one >> 31u) & 0x7fffffff);
}

fn fromOrder(order: i32) -> u32 {
  return bitcast<u32>(order ^ ((order >> 31u) & 0x7fffffff));
}

// The position of an invocation in a grid of one or two dimensions.
fn flatIndex(id: vec3u, rowWidth: u32) -> u32 {
  return id.y * rowWidth + id.x;
}
