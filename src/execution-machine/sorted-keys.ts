/** Most keys of one part; a full part is cut in two. */
const PART_KEYS_MAX = 512;

/** Texts in the order of their code units: adding and removing move one small part alone. */
export class SortedKeys {
  #parts: string[][] = [[]];

  /** Adds a key that is not there yet. */
  add(key: string): void {
    const at = this.#partOf(key);
    const part = this.#parts[at] ?? [];
    part.splice(lowerBound(part, key), 0, key);
    if (part.length > PART_KEYS_MAX) this.#parts.splice(at + 1, 0, part.splice(part.length >> 1));
  }

  /** Removes a key that is there. */
  remove(key: string): void {
    const at = this.#partOf(key);
    const part = this.#parts[at] ?? [];
    part.splice(lowerBound(part, key), 1);
    if (part.length === 0 && this.#parts.length > 1) this.#parts.splice(at, 1);
  }

  /** The keys from this text on. */
  *from(start: string): Generator<string> {
    for (let at = this.#partOf(start); at < this.#parts.length; at++) {
      const part = this.#parts[at] ?? [];
      for (let place = lowerBound(part, start); place < part.length; place++) {
        yield part[place] ?? '';
      }
    }
  }

  /** The part where a key belongs: the last one that does not begin behind it. */
  #partOf(key: string): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#parts[middle]?.[0] ?? '') <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The first place whose key is not before this one. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
