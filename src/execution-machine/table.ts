import { SortedKeys } from './sorted-keys.ts';

/** The rows of one function: texts of `data-text.ts` by key. */
export class Table {
  readonly #rows = new Map<string, string>();
  readonly #keys = new SortedKeys();
  /** As the prelude counts them. Bytes. */
  stateBytes = 0;

  get(key: string): string | undefined {
    return this.#rows.get(key);
  }

  set(key: string, text: string): void {
    if (!this.#rows.has(key)) this.#keys.add(key);
    this.#rows.set(key, text);
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#keys.remove(key);
  }

  /** The first keys with a prefix behind another key, in the order of their code units. */
  keysWith(prefix: string, limit: number, after = ''): readonly string[] {
    const keys: string[] = [];
    for (const key of this.#keys.from(after > prefix ? after : prefix)) {
      if (keys.length >= limit || !key.startsWith(prefix)) break;
      if (key !== after) keys.push(key);
    }
    return keys;
  }

  /** All rows, in the order of their keys. */
  rows(): readonly (readonly [string, string])[] {
    return this.keysWith('', this.#rows.size).map((key) => [key, this.get(key) ?? '']);
  }
}
