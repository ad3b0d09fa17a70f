/** Something kept between tasks, and how much memory it takes. */
type Kept<T> = { readonly value: T; readonly bytes: number };

/** Keeps what was used last, within `bytesMax`; the newest is always kept. */
export class RecentCache<T> {
  readonly #bytesMax: number;
  readonly #dispose: (value: T) => void;
  // A Map keeps insertion order: the first is the least recently used.
  readonly #kept = new Map<string, Kept<T>>();
  #bytes = 0;

  constructor(options: { readonly bytesMax: number; readonly dispose: (value: T) => void }) {
    this.#bytesMax = options.bytesMax;
    this.#dispose = options.dispose;
  }

  get(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.value;
  }

  /** Makes room first, then keeps. */
  add(key: string, kept: Kept<T>): void {
    for (const [oldKey, old] of this.#kept) {
      if (this.#bytes + kept.bytes <= this.#bytesMax) break;
      this.#kept.delete(oldKey);
      this.#bytes -= old.bytes;
      this.#dispose(old.value);
    }
    this.#kept.set(key, kept);
    this.#bytes += kept.bytes;
  }
}
