import { sha256 } from '../hashing.ts';

const SALT_BYTES = 16;
const FIRST_CAPACITY = 1_024;

/**
 * Where each owner's anchors stand in the log, in 32 bytes an entry at most.
 *
 * It remembers 48 bits of each, under a salt that nobody knows: whoever finds an index looks there
 * whether it is really the same.
 */
export class AnchorTable {
  readonly #salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  #prints = new Float64Array(FIRST_CAPACITY);
  /** One more than the index, so that zero is an empty place. */
  #places = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  add(owner: Uint8Array, anchor: Uint8Array, index: number): void {
    if (this.#count * 2 >= this.#places.length) this.#grow();
    this.#put(this.#printOf(owner, anchor), index + 1);
    this.#count += 1;
  }

  /** Where this anchor of this owner may stand. */
  find(owner: Uint8Array, anchor: Uint8Array): readonly number[] {
    const print = this.#printOf(owner, anchor);
    const found: number[] = [];
    for (let at = print % this.#places.length; ; at = (at + 1) % this.#places.length) {
      const place = this.#places[at] ?? 0;
      if (place === 0) return found;
      if (this.#prints[at] === print) found.push(place - 1);
    }
  }

  #put(print: number, place: number): void {
    let at = print % this.#places.length;
    while (this.#places[at] !== 0) at = (at + 1) % this.#places.length;
    this.#prints[at] = print;
    this.#places[at] = place;
  }

  #grow(): void {
    const [prints, places] = [this.#prints, this.#places];
    this.#prints = new Float64Array(prints.length * 2);
    this.#places = new Float64Array(places.length * 2);
    for (const [at, place] of places.entries()) {
      if (place !== 0) this.#put(prints[at] ?? 0, place);
    }
  }

  #printOf(owner: Uint8Array, anchor: Uint8Array): number {
    const bytes = new Uint8Array(SALT_BYTES + owner.byteLength + anchor.byteLength);
    bytes.set(this.#salt);
    bytes.set(owner, SALT_BYTES);
    bytes.set(anchor, SALT_BYTES + owner.byteLength);
    const digest = sha256(bytes);
    const view = new DataView(digest.buffer, digest.byteOffset);
    return view.getUint32(0) * 2 ** 16 + view.getUint16(4);
  }
}
