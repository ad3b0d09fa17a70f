// SHA-256 (FIPS 180-4), for where the platform's own is far away: in a page, each of its calls is a
// trip to another thread, and a node of a tree has 65 bytes.

/** Of the cube roots of the first 64 primes, the first 32 bits behind the point. */
const ROUND_CONSTANTS: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
  0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
  0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
  0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
], 16);

/** Of the square roots of the first eight primes, likewise. */
const BEGINNING: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
], 16);

const BLOCK_BYTES: usize = 64;
/** Of a message's bits, behind it. */
const LENGTH_BYTES: usize = 8;
const HASH_WORDS: usize = 8;

const state: usize = memory.data(32, 16);
const schedule: usize = memory.data(256, 16);
/** The last one or two blocks: the rest of the message, a one bit, zeros and its length. */
const ending: usize = memory.data(128, 16);

/** From here on the memory is the caller's. */
export function memoryStart(): usize {
  return (__heap_base + 15) & ~15;
}

/** Writes the hash of `byteLength` bytes at `from` to the 32 bytes at `to`. */
export function hash(from: usize, byteLength: usize, to: usize): void {
  memory.copy(state, BEGINNING, 32);
  const whole = byteLength & ~(BLOCK_BYTES - 1);
  for (let at: usize = 0; at < whole; at += BLOCK_BYTES) addBlock(from + at);
  const rest = byteLength - whole;
  const endingBytes = rest + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  memory.fill(ending, 0, endingBytes);
  memory.copy(ending, from + whole, rest);
  store<u8>(ending + rest, 0x80);
  store<u64>(ending + endingBytes - 8, bswap<u64>(<u64>byteLength * 8));
  addBlock(ending);
  if (endingBytes > BLOCK_BYTES) addBlock(ending + BLOCK_BYTES);
  for (let word: usize = 0; word < HASH_WORDS; word++) {
    store<u32>(to + word * 4, bswap<u32>(load<u32>(state + word * 4)));
  }
}

function addBlock(from: usize): void {
  for (let word: usize = 0; word < 16; word++) {
    store<u32>(schedule + word * 4, bswap<u32>(load<u32>(from + word * 4)));
  }
  for (let word: usize = 16; word < 64; word++) {
    const at = schedule + word * 4;
    const w15 = load<u32>(at - 15 * 4);
    const w2 = load<u32>(at - 2 * 4);
    const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >> 3);
    const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >> 10);
    store<u32>(at, load<u32>(at - 16 * 4) + s0 + load<u32>(at - 7 * 4) + s1);
  }
  let a = load<u32>(state), b = load<u32>(state + 4), c = load<u32>(state + 8);
  let d = load<u32>(state + 12), e = load<u32>(state + 16), f = load<u32>(state + 20);
  let g = load<u32>(state + 24), h = load<u32>(state + 28);
  for (let round: usize = 0; round < 64; round++) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const choice = (e & f) ^ (~e & g);
    const word = load<u32>(ROUND_CONSTANTS + round * 4) + load<u32>(schedule + round * 4);
    const t1 = h + s1 + choice + word;
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state + 4, load<u32>(state + 4) + b);
  store<u32>(state + 8, load<u32>(state + 8) + c);
  store<u32>(state + 12, load<u32>(state + 12) + d);
  store<u32>(state + 16, load<u32>(state + 16) + e);
  store<u32>(state + 20, load<u32>(state + 20) + f);
  store<u32>(state + 24, load<u32>(state + 24) + g);
  store<u32>(state + 28, load<u32>(state + 28) + h);
}
