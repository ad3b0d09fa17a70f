const CHUNK_BITS = 13;
const CHUNK_RECORDS = 1 << CHUNK_BITS;
const WITHIN_CHUNK = CHUNK_RECORDS - 1;

/**
 * Records of one size in typed arrays, named by slot: 0, 1, 2, …
 *
 * A million tasks as objects would cost a garbage collector more than all decisions about them. A
 * record is a few words of 32 bits; two words at an even place may hold one float of 64. Memory
 * grows by chunks of 8,192 records, so that no event pays for a copy.
 */
export class RecordTable {
  readonly #words: number;
  readonly #ints: Int32Array[] = [];
  readonly #floats: Float64Array[] = [];
  #count = 0;

  /** `words` is even. */
  constructor(words: number) {
    this.#words = words;
  }

  /** Slots ever made: 0 to here. */
  get count(): number {
    return this.#count;
  }

  /** Makes one more slot, all zero. */
  grow(): number {
    const slot = this.#count++;
    if ((slot & WITHIN_CHUNK) === 0) this.#addChunk(new ArrayBuffer(CHUNK_RECORDS * this.bytes));
    return slot;
  }

  /** Bytes of one record. */
  get bytes(): number {
    return 4 * this.#words;
  }

  // Slots come from `grow`, and words from the record's own list: every place below exists.
  int(slot: number, word: number): number {
    const chunk = this.#ints[slot >> CHUNK_BITS] as Int32Array;
    return chunk[(slot & WITHIN_CHUNK) * this.#words + word] as number;
  }

  setInt(slot: number, word: number, value: number): void {
    const chunk = this.#ints[slot >> CHUNK_BITS] as Int32Array;
    chunk[(slot & WITHIN_CHUNK) * this.#words + word] = value;
  }

  /** `word` is the first of two, and even. */
  float(slot: number, word: number): number {
    const chunk = this.#floats[slot >> CHUNK_BITS] as Float64Array;
    return chunk[((slot & WITHIN_CHUNK) * this.#words + word) >> 1] as number;
  }

  setFloat(slot: number, word: number, value: number): void {
    const chunk = this.#floats[slot >> CHUNK_BITS] as Float64Array;
    chunk[((slot & WITHIN_CHUNK) * this.#words + word) >> 1] = value;
  }

  /** Bytes of all records. */
  get byteLength(): number {
    return this.#count * this.bytes;
  }

  /** Copies all records, little-endian as every machine that runs this. */
  copyTo(target: Uint8Array, at: number): void {
    const chunkBytes = CHUNK_RECORDS * this.bytes;
    for (const [index, chunk] of this.#ints.entries()) {
      const from = index * chunkBytes;
      const length = Math.min(chunkBytes, this.byteLength - from);
      target.set(new Uint8Array(chunk.buffer, 0, length), at + from);
    }
  }

  /** Fills an empty table with what `copyTo` copied. */
  fillFrom(bytes: Uint8Array): void {
    const chunkBytes = CHUNK_RECORDS * this.bytes;
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      const buffer = new ArrayBuffer(chunkBytes);
      new Uint8Array(buffer).set(bytes.subarray(from, from + chunkBytes));
      this.#addChunk(buffer);
    }
    this.#count = bytes.length / this.bytes;
  }

  #addChunk(buffer: ArrayBuffer): void {
    this.#ints.push(new Int32Array(buffer));
    this.#floats.push(new Float64Array(buffer));
  }
}
