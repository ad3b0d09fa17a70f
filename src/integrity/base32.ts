const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));

/**
 * RFC 4648 base32, lower case, without padding, of ids: at most some KiB.
 *
 * All characters become text at once, as in base64: ids are kept, and should be small.
 */
export function encodeBase32(bytes: Uint8Array): string {
  const text: number[] = [];
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push(codeOf((held >> bits) & 31));
    }
  }
  if (bits > 0) text.push(codeOf((held << (5 - bits)) & 31));
  return String.fromCharCode(...text);
}

/** The bytes of base32 text; null where it is not what `encodeBase32` makes of them. */
export function decodeBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 255;
    }
  }
  return encodeBase32(bytes) === text ? bytes : null;
}

function codeOf(digit: number): number {
  return CODES[digit] ?? 0;
}
