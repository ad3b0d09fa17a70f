/** Base64 by one alphabet, both ways. */
export type Base64 = {
  encode(bytes: Uint8Array): string;
  /** Null where the text is not what `encode` makes of the bytes. */
  decode(text: string): Uint8Array | null;
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const NO_DIGIT = 64;
/** Of a part that is made into text in one call, whose arguments are its characters. */
const PART_BYTES = 3 * 2_048;

/**
 * RFC 4648 base64 with these last two characters of its alphabet.
 *
 * In our own code: for the 32 and 64 bytes of ids, hashes and signatures that most calls have, a
 * call of the platform's costs several times as much, with its text of binary between. All
 * characters become text at once: text that is put together piece by piece stays a tree of its
 * pieces in V8, five times as large, as long as somebody keeps the id.
 */
export function base64(of: { readonly lastTwo: string; readonly isPadded: boolean }): Base64 {
  const codes = Array.from(LETTERS + of.lastTwo, (character) => character.charCodeAt(0));
  const digits = new Uint8Array(128).fill(NO_DIGIT);
  for (const [digit, code] of codes.entries()) digits[code] = digit;

  const encodePart = (bytes: Uint8Array): string => {
    const { length } = bytes;
    const whole = length - (length % 3);
    const text: number[] = [];
    for (let at = 0; at < whole; at += 3) {
      const bits = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
      text.push(
        codeAt(codes, bits >> 18),
        codeAt(codes, (bits >> 12) & 63),
        codeAt(codes, (bits >> 6) & 63),
        codeAt(codes, bits & 63),
      );
    }
    if (whole < length) {
      const bits = (byteAt(bytes, whole) << 10) | (byteAt(bytes, whole + 1) << 2);
      text.push(codeAt(codes, bits >> 12), codeAt(codes, (bits >> 6) & 63));
      if (length - whole === 2) text.push(codeAt(codes, bits & 63));
    }
    return String.fromCharCode(...text);
  };

  const encode = (bytes: Uint8Array): string => {
    let text = '';
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      text += encodePart(bytes.subarray(at, at + PART_BYTES));
    }
    return of.isPadded ? text.padEnd(Math.ceil(bytes.length / 3) * 4, '=') : text;
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

function codeAt(codes: readonly number[], digit: number): number {
  return codes[digit] ?? 0;
}
