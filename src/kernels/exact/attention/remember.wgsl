// As rotate-reference.ts: four pairs of a head an invocation. Queries are of this call, keys and
// values remembered by token; all [tokens, width] in signed bytes.

struct Sizes {
  width: u32,
  heads: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<uniform> frame: Frame;
@group(0) @binding(2) var<storage, read> vectors: array<vec4i>;
@group(0) @binding(3) var<storage, read> cosines: array<vec4i>;
@group(0) @binding(4) var<storage, read> sines: array<vec4i>;
@group(0) @binding(5) var<storage, read_write> queries: array<u32>;
@group(0) @binding(6) var<storage, read_write> keys: array<u32>;
@group(0) @binding(7) var<storage, read_write> values: array<u32>;

fn limited(at: u32) -> vec4i {
  return clamp(vectors[at], vec4i(-32767), vec4i(32767));
}

fn turned(sum: vec4i, low: i32, high: i32) -> u32 {
  let rounded = (sum + vec4i(1 << 17u)) >> vec4u(18u);
  return bytesOf(clamp(rounded, vec4i(low), vec4i(high)));
}

fn value(at: u32) -> u32 {
  return bytesOf(clamp((limited(at) + vec4i(8)) >> vec4u(4u), vec4i(-127), vec4i(127)));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let words = sizes.width / 4u;
  let row = id.y;
  if (id.x >= words / 2u) {
    return;
  }
  let half = words / sizes.heads / 2u;
  let pair = id.x % half;
  let first = id.x / half * half * 2u + pair;
  let second = first + half;
  let cosine = cosines[(frame.position + row) * half + pair];
  let sine = sines[(frame.position + row) * half + pair];
  let origin = row * 3u * words;
  let query = limited(origin + first);
  let otherQuery = limited(origin + second);
  queries[row * words + first] = turned(query * cosine - otherQuery * sine, -64, 63);
  queries[row * words + second] = turned(otherQuery * cosine + query * sine, -64, 63);
  let key = limited(origin + words + first);
  let otherKey = limited(origin + words + second);
  let to = (frame.position + row) * words;
  keys[to + first] = turned(key * cosine - otherKey * sine, -127, 127);
  keys[to + second] = turned(otherKey * cosine + key * sine, -127, 127);
  values[to + first] = value(origin + 2u * words + first);
  values[to + second] = value(origin + 2u * words + second);
}
