import { KEY_HASHES_MAX } from '../domain/limits.ts';
import { keyHashOf } from './state-proof.ts';

/** The hashes of keys that were asked for lately: most rows that are written were written before. */
export class KeyHashes {
  /** By function and key. */
  readonly #known = new Map<string, Map<string, Uint8Array>>();
  #count = 0;

  /** Where a row stands. Limits: KEY_HASHES_MAX are kept. */
  of(row: { readonly function: string; readonly key: string }): Uint8Array {
    const ofFunction = this.#known.get(row.function);
    const known = ofFunction?.get(row.key);
    if (known !== undefined) return known;
    const hash = keyHashOf(row);
    if (this.#count >= KEY_HASHES_MAX) this.#clear();
    this.#count += 1;
    const kept = this.#known.get(row.function);
    if (kept === undefined) this.#known.set(row.function, new Map([[row.key, hash]]));
    else kept.set(row.key, hash);
    return hash;
  }

  #clear(): void {
    this.#known.clear();
    this.#count = 0;
  }
}
