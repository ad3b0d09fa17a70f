// The heart of SHA-256, for hashes that are tried a million times: a platform's own digest answers
// later, by a promise, which costs more than the hash. Source: FIPS 180-4 section 6.2.2.

/** Bytes of one block. */
export const SHA256_BLOCK_BYTES = 64;

/** What a hash has come to: eight words. */
export type Sha256State = Uint32Array;

/** What a hash begins with. */
export function sha256Start(): Sha256State {
  return Uint32Array.from(
    [2, 3, 5, 7, 11, 13, 17, 19].map((prime) => fractionOf(Math.sqrt(prime))),
  );
}

/** Takes in a block; `words` holds it as 16 big-endian words, and its other 48 are written. */
export function sha256Block(from: Sha256State, words: Int32Array, to: Sha256State): void {
  for (let at = 16; at < 64; at++) {
    const x = words[at - 15] ?? 0;
    const y = words[at - 2] ?? 0;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[at] = ((words[at - 16] ?? 0) + s0 + (words[at - 7] ?? 0) + s1) | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = from;
  for (let at = 0; at < 64; at++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = (e & f) ^ (~e & g);
    const t1 = (h + s1 + choice + (ROUNDS[at] ?? 0) + (words[at] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + s0 + majority) | 0;
  }
  for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) to[at] = (from[at] ?? 0) + word;
}

/** Cube roots of the first 64 primes. */
const ROUNDS = Int32Array.from(firstPrimes(64), (prime) => fractionOf(Math.cbrt(prime)) | 0);

/** The first 32 bits of a root's fraction. */
function fractionOf(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}
