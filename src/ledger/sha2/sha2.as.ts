// SHA-256 and SHA-384 (FIPS 180-4), for bytes too few to take to the platform: an entry's deep hash
// takes fourteen hashes of less than a block each, and in a page each call is a trip to another thread.
// One algorithm over words `T`: u32 for SHA-256, u64 for SHA-384.

/** Of the cube roots of the first 80 primes, the first 64 bits behind the point, or 32 of the first 64. */
const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
  0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
  0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
  0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
  0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
  0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
  0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
  0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
  0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
  0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
  0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
  0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
], 16);

/** Of the square roots of the first eight primes, the first 32 bits behind the point. */
const BEGINNING_256: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
], 16);

/** Of the square roots of the ninth to the sixteenth prime, the first 64. */
const BEGINNING_384: usize = memory.data<u64>([
  0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
  0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
], 16);

// Room for words of either size.
const state: usize = memory.data(64, 16);
const schedule: usize = memory.data(640, 16);
/** The last one or two blocks: the rest of the message, a one bit, zeros and its length. */
const ending: usize = memory.data(256, 16);

/** From here on the memory is the caller's. */
export function memoryStart(): usize {
  return (__heap_base + 15) & ~15;
}

/** Writes the hash of `byteLength` bytes at `from` to the 32 bytes at `to`. */
export function sha256(from: usize, byteLength: usize, to: usize): void {
  memory.copy(state, BEGINNING_256, 32);
  addMessage<u32>(from, byteLength);
  for (let word: usize = 0; word < 8; word++) writeWord<u32>(to, word);
}

/** Writes the hash of `byteLength` bytes at `from` to the 48 bytes at `to`. */
export function sha384(from: usize, byteLength: usize, to: usize): void {
  memory.copy(state, BEGINNING_384, 64);
  addMessage<u64>(from, byteLength);
  for (let word: usize = 0; word < 6; word++) writeWord<u64>(to, word);
}

function addMessage<T>(from: usize, byteLength: usize): void {
  const blockBytes: usize = 16 * sizeof<T>();
  const lengthBytes: usize = 2 * sizeof<T>();
  const whole = byteLength & ~(blockBytes - 1);
  for (let at: usize = 0; at < whole; at += blockBytes) addBlock<T>(from + at);
  const rest = byteLength - whole;
  const endingBytes = rest + 1 + lengthBytes <= blockBytes ? blockBytes : 2 * blockBytes;
  memory.fill(ending, 0, endingBytes);
  memory.copy(ending, from + whole, rest);
  store<u8>(ending + rest, 0x80);
  store<u64>(ending + endingBytes - 8, bswap<u64>(<u64>byteLength * 8));
  addBlock<T>(ending);
  if (endingBytes > blockBytes) addBlock<T>(ending + blockBytes);
}

function addBlock<T>(from: usize): void {
  const rounds: usize = isWide<T>() ? 80 : 64;
  for (let word: usize = 0; word < 16; word++) {
    store<T>(schedule + word * sizeof<T>(), bswap<T>(wordAt<T>(from, word)));
  }
  for (let word: usize = 16; word < rounds; word++) {
    const w15 = wordAt<T>(schedule, word - 15);
    const w2 = wordAt<T>(schedule, word - 2);
    const s0 = isWide<T>()
      ? rotr<T>(w15, 1) ^ rotr<T>(w15, 8) ^ (w15 >> 7)
      : rotr<T>(w15, 7) ^ rotr<T>(w15, 18) ^ (w15 >> 3);
    const s1 = isWide<T>()
      ? rotr<T>(w2, 19) ^ rotr<T>(w2, 61) ^ (w2 >> 6)
      : rotr<T>(w2, 17) ^ rotr<T>(w2, 19) ^ (w2 >> 10);
    const sum = wordAt<T>(schedule, word - 16) + s0 + wordAt<T>(schedule, word - 7) + s1;
    store<T>(schedule + word * sizeof<T>(), <T>sum);
  }
  let a = wordAt<T>(state, 0), b = wordAt<T>(state, 1), c = wordAt<T>(state, 2);
  let d = wordAt<T>(state, 3), e = wordAt<T>(state, 4), f = wordAt<T>(state, 5);
  let g = wordAt<T>(state, 6), h = wordAt<T>(state, 7);
  for (let round: usize = 0; round < rounds; round++) {
    const s1 = isWide<T>()
      ? rotr<T>(e, 14) ^ rotr<T>(e, 18) ^ rotr<T>(e, 41)
      : rotr<T>(e, 6) ^ rotr<T>(e, 11) ^ rotr<T>(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = <T>(h + s1 + choice + constantOf<T>(round) + wordAt<T>(schedule, round));
    const s0 = isWide<T>()
      ? rotr<T>(a, 28) ^ rotr<T>(a, 34) ^ rotr<T>(a, 39)
      : rotr<T>(a, 2) ^ rotr<T>(a, 13) ^ rotr<T>(a, 22);
    const t2 = <T>(s0 + ((a & b) ^ (a & c) ^ (b & c)));
    h = g;
    g = f;
    f = e;
    e = <T>(d + t1);
    d = c;
    c = b;
    b = a;
    a = <T>(t1 + t2);
  }
  add<T>(0, a);
  add<T>(1, b);
  add<T>(2, c);
  add<T>(3, d);
  add<T>(4, e);
  add<T>(5, f);
  add<T>(6, g);
  add<T>(7, h);
}

@inline
function isWide<T>(): bool {
  return sizeof<T>() == 8;
}

@inline
function wordAt<T>(words: usize, word: usize): T {
  return load<T>(words + word * sizeof<T>());
}

/** As many bits as a word has: the upper ones, which stand last in memory. */
@inline
function constantOf<T>(round: usize): T {
  return load<T>(ROUND_CONSTANTS + round * 8 + 8 - sizeof<T>());
}

@inline
function add<T>(word: usize, value: T): void {
  const at = state + word * sizeof<T>();
  store<T>(at, <T>(load<T>(at) + value));
}

@inline
function writeWord<T>(to: usize, word: usize): void {
  store<T>(to + word * sizeof<T>(), bswap<T>(wordAt<T>(state, word)));
}
