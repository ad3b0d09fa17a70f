// What a GPU can do at most: products in registers alone, and memory read and copied. Roofs to hold
// kernels against; no kernel uses them.
//
// Each entry point writes what it made, or might have to, so that no compiler can leave it away.

struct Sizes {
  // Of the innermost loop.
  turns: u32,
  // One that compilers do not know: an f32, or four bytes.
  factor: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> words: array<vec4u>;

// Eight sums of four, more than products take to be ready.
@compute @workgroup_size(256)
fn multiplyFloats(@builtin(global_invocation_id) at: vec3u) {
  let factor = vec4f(bitcast<f32>(sizes.factor));
  let begin = vec4f(f32(at.x)) + vec4f(0.0, 1.0, 2.0, 3.0);
  var a = begin;
  var b = begin + 4.0;
  var c = begin + 8.0;
  var d = begin + 12.0;
  var e = begin + 16.0;
  var f = begin + 20.0;
  var g = begin + 24.0;
  var h = begin + 28.0;
  for (var turn = 0u; turn < sizes.turns; turn++) {
    a = fma(a, factor, factor);
    b = fma(b, factor, factor);
    c = fma(c, factor, factor);
    d = fma(d, factor, factor);
    e = fma(e, factor, factor);
    f = fma(f, factor, factor);
    g = fma(g, factor, factor);
    h = fma(h, factor, factor);
  }
  words[at.x] = bitcast<vec4u>(((a + b) + (c + d)) + ((e + f) + (g + h)));
}

@compute @workgroup_size(256)
fn multiplyBytes(@builtin(global_invocation_id) at: vec3u) {
  let begin = vec4i(i32(at.x)) + vec4i(0, 1, 2, 3);
  var a = begin;
  var b = begin + 4;
  var c = begin + 8;
  var d = begin + 12;
  var e = begin + 16;
  var f = begin + 20;
  var g = begin + 24;
  var h = begin + 28;
  for (var turn = 0u; turn < sizes.turns; turn++) {
    a += dots(a);
    b += dots(b);
    c += dots(c);
    d += dots(d);
    e += dots(e);
    f += dots(f);
    g += dots(g);
    h += dots(h);
  }
  words[at.x] = bitcast<vec4u>(((a + b) + (c + d)) + ((e + f) + (g + h)));
}

fn dots(sums: vec4i) -> vec4i {
  let bytes = bitcast<vec4u>(sums);
  return vec4i(
    dot4(sizes.factor, bytes.x),
    dot4(sizes.factor, bytes.y),
    dot4(sizes.factor, bytes.z),
    dot4(sizes.factor, bytes.w),
  );
}

// Reads all of the words once: neighbours read neighbours.
@compute @workgroup_size(256)
fn readMemory(
  @builtin(global_invocation_id) at: vec3u, @builtin(num_workgroups) groups: vec3u,
) {
  let stride = groups.x * 256u;
  var seen = vec4u(0u);
  for (var turn = 0u; turn < sizes.turns; turn++) {
    seen ^= words[at.x + turn * stride];
  }
  if (all(seen == vec4u(sizes.factor))) {
    words[at.x] = seen;
  }
}

// Copies the first half of the words to the other.
@compute @workgroup_size(256)
fn copyMemory(
  @builtin(global_invocation_id) at: vec3u, @builtin(num_workgroups) groups: vec3u,
) {
  let stride = groups.x * 256u;
  let half = arrayLength(&words) / 2u;
  for (var turn = 0u; turn < sizes.turns; turn++) {
    let index = at.x + turn * stride;
    words[half + index] = words[index];
  }
}
