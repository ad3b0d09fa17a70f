/**
 * A hash over a sequence of numbers and strings, in the order in which they come.
 *
 * Two lanes of 32 bits, the same on every machine; tells histories apart, and is no secret's guard.
 * Source: the mixing steps of MurmurHash3 (Appleby 2011), with other constants in the second lane.
 */
export class RollingHash {
  #low = 0x9e3779b9;
  #high = 0x243f6a88;

  addInteger(value: number): void {
    this.#mix(value | 0);
    // Integers above 32 bits have the rest of theirs.
    if (value > 0x7fffffff || value < -0x80000000) this.#mix(Math.floor(value / 2 ** 32) | 0);
  }

  addText(text: string): void {
    this.#mix(text.length);
    for (let index = 0; index < text.length; index += 2) {
      this.#mix(text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16));
    }
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return [this.#high, this.#low]
      .map((lane) => finish(lane).toString(16).padStart(8, '0'))
      .join('');
  }

  #mix(word: number): void {
    let low = Math.imul(word, 0xcc9e2d51);
    low = Math.imul((low << 15) | (low >>> 17), 0x1b873593);
    this.#low ^= low;
    this.#low = (Math.imul((this.#low << 13) | (this.#low >>> 19), 5) + 0xe6546b64) | 0;
    let high = Math.imul(word, 0x85ebca6b);
    high = Math.imul((high << 17) | (high >>> 15), 0xc2b2ae35);
    this.#high ^= high ^ this.#low;
    this.#high = (Math.imul((this.#high << 11) | (this.#high >>> 21), 9) + 0x38495ab5) | 0;
  }
}

function finish(lane: number): number {
  let hash = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
