/** A seeded stream of random numbers. Same seed and label, same stream, on every machine. */
export type RandomStream = {
  /** Uniform unsigned 32-bit integer. */
  nextUint32(): number;
  /** Uniform integer in [0, bound); bound in 1..2^32. Unbiased, by rejection. */
  nextBelow(bound: number): number;
  /** Uniform in [0, 1), 32 bits of it. */
  nextUnit(): number;
};

/** A seed, as the first four of some random bytes have it. */
export function seedFrom(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/**
 * Makes the stream that belongs to a seed and a label: one labelled stream a purpose.
 *
 * Not for secrets.
 * Source: SplitMix32-style mixing of an FNV-1a hash, then xoshiro128** (Blackman and Vigna 2018).
 */
export function randomStream(seed: number, label: string): RandomStream {
  const mix = mixer((0x811c9dc5 ^ seed) >>> 0, label);
  return streamFrom([mix(0), mix(0), mix(0), mix(0) | 1]);
}

/** 128 bits, as four unsigned 32-bit words: more than anybody can try. */
export type WideSeed = readonly [number, number, number, number];

/** A wide seed, as the 16 bytes from `at` on have it. */
export function wideSeedFrom(bytes: Uint8Array, at = 0): WideSeed {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 16);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

/**
 * As `randomStream`, of a wide seed: different seeds give different streams for one label.
 *
 * For draws against somebody who could try all narrow seeds. Not for secrets.
 */
export function wideStream(seed: WideSeed, label: string): RandomStream {
  const mix = mixer(0x811c9dc5, label);
  // One to one from word to word, so that no bit of the seed is lost.
  const [a, b, c, d] = [mix(seed[0]), mix(seed[1]), mix(seed[2]), mix(seed[3])];
  return streamFrom((a | b | c | d) === 0 ? [0, 0, 0, 1] : [a, b, c, d]);
}

/** Gives words that depend on a label, each one to one on the number it is given. */
function mixer(start: number, label: string): (word: number) => number {
  let hash = start;
  for (let index = 0; index < label.length; index++) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (word) => {
    hash = (hash + 0x9e3779b9) >>> 0;
    let z = hash ^ word;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}

/** Of a state that is not all zero. */
function streamFrom(state: WideSeed): RandomStream {
  let [a, b, c, d] = state;
  const nextUint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
  const nextBelow = (bound: number): number => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = nextUint32();
    while (value >= limit) value = nextUint32();
    return value % bound;
  };
  return { nextUint32, nextBelow, nextUnit: () => nextUint32() / 2 ** 32 };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
