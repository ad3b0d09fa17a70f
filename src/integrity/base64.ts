/** Base64 by one alphabet, both ways. */
export type Base64 = {
  encode(bytes: Uint8Array): string;
  /** Null where the text is not what `encode` makes of the bytes. */
  decode(text: string): Uint8Array | null;
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const PAIRS = 4_096;
const NO_DIGIT = 64;

/**
 * RFC 4648 base64 with these last two characters of its alphabet.
 *
 * In our own code: for the 32 and 64 bytes of ids, hashes and signatures that most calls have, a
 * call of the platform's costs several times as much, with its text of binary between.
 */
export function base64(of: { readonly lastTwo: string; readonly isPadded: boolean }): Base64 {
  const alphabet = LETTERS + of.lastTwo;
  const pairs = Array.from({ length: PAIRS }, (_, pair) => {
    return alphabet.charAt(pair >> 6) + alphabet.charAt(pair & 63);
  });
  const digits = new Uint8Array(128).fill(NO_DIGIT);
  for (let digit = 0; digit < 64; digit++) digits[alphabet.charCodeAt(digit)] = digit;
  const padding = of.isPadded ? '=' : '';

  const encode = (bytes: Uint8Array): string => {
    const { length } = bytes;
    const whole = length - (length % 3);
    let text = '';
    for (let at = 0; at < whole; at += 3) {
      // Within the array, as the loops' bounds say.
      const bits = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
      text += pairAt(pairs, bits >> 12) + pairAt(pairs, bits & 4_095);
    }
    if (length - whole === 1) text += pairAt(pairs, byteAt(bytes, whole) << 4) + padding + padding;
    if (length - whole === 2) {
      const bits = (byteAt(bytes, whole) << 10) | (byteAt(bytes, whole + 1) << 2);
      text += pairAt(pairs, bits >> 6) + alphabet.charAt(bits & 63) + padding;
    }
    return text;
  };

  const decode = (text: string): Uint8Array | null => {
    const unpadded = of.isPadded ? text.replace(/={1,2}$/, '') : text;
    const { length } = unpadded;
    if (length % 4 === 1) return null;
    const bytes = new Uint8Array(Math.floor((length * 3) / 4));
    let bits = 0;
    for (let at = 0, filled = 0; at < length; at++) {
      const digit = digits[unpadded.charCodeAt(at)] ?? NO_DIGIT;
      if (digit === NO_DIGIT) return null;
      bits = (bits << 6) | digit;
      if (at % 4 === 0) continue;
      bytes[filled++] = bits >> (6 - 2 * (at % 4));
    }
    return encode(bytes) === text ? bytes : null;
  };

  return { encode, decode };
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function pairAt(pairs: readonly string[], pair: number): string {
  return pairs[pair] ?? '';
}
