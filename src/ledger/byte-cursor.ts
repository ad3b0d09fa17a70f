/**
 * Reads bytes from the front; a read beyond the end gives null, and so does every read after it.
 *
 * For formats that may come from an attacker: the caller asks for null once, at the end.
 */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get rest(): number {
    return this.#bytes.byteLength - this.#at;
  }

  /** A view of the next bytes. */
  take(byteLength: number): Uint8Array | null {
    if (byteLength > this.rest) return this.#fail();
    const start = this.#at;
    this.#at += byteLength;
    return this.#bytes.subarray(start, this.#at);
  }

  u8(): number | null {
    return this.take(1)?.[0] ?? null;
  }

  u16BigEndian(): number | null {
    const at = this.#at;
    return this.take(2) === null ? null : this.#view.getUint16(at);
  }

  u16LittleEndian(): number | null {
    const at = this.#at;
    return this.take(2) === null ? null : this.#view.getUint16(at, true);
  }

  /** Null also for a number beyond 2^53 - 1, which nothing here counts to. */
  u64LittleEndian(): number | null {
    const at = this.#at;
    if (this.take(8) === null) return null;
    const value = Number(this.#view.getBigUint64(at, true));
    return Number.isSafeInteger(value) ? value : this.#fail();
  }

  #fail(): null {
    this.#at = this.#bytes.byteLength;
    return null;
  }
}
