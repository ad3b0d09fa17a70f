import {
  ENTRIES_CHECKING_BYTES_MAX,
  ENTRIES_CHECKING_MAX,
  ENTRY_BATCH_BYTES_MAX,
  ENTRY_BATCH_MAX,
} from '../../../domain/limits.ts';
import type { Outcome } from '../../../domain/outcome.ts';
import type { CheckedEntry } from '../../../ledger/index.ts';
import type { Promised } from './entry-work.ts';

/** An entry that is to be verified. */
export type Check = {
  readonly entry: Uint8Array;
  readonly settle: (outcome: Outcome<CheckedEntry>) => void;
};

/** A promise that is to be signed. */
export type Signing = {
  readonly about: Promised;
  readonly settle: (promise: Uint8Array) => void;
};

/** What a thread does in one go. */
export type Batch = { readonly checks: readonly Check[]; readonly signings: readonly Signing[] };

/** What waits for a thread. */
export class EntryQueue {
  #checks: Check[] = [];
  #bytes = 0;
  #signings: Signing[] = [];

  get isEmpty(): boolean {
    return this.#checks.length === 0 && this.#signings.length === 0;
  }

  /** False where too much waits. */
  addCheck(check: Check): boolean {
    const bytes = this.#bytes + check.entry.byteLength;
    const isFull =
      this.#checks.length >= ENTRIES_CHECKING_MAX || bytes > ENTRIES_CHECKING_BYTES_MAX;
    if (isFull) return false;
    this.#bytes = bytes;
    this.#checks.push(check);
    return true;
  }

  /** As many wait as entries that were checked, which are bounded. */
  addSigning(signing: Signing): void {
    this.#signings.push(signing);
  }

  /** The next batch: what has waited longest. */
  take(): Batch {
    let count = 0;
    let bytes = 0;
    for (const { entry } of this.#checks.slice(0, ENTRY_BATCH_MAX)) {
      if (count > 0 && bytes + entry.byteLength > ENTRY_BATCH_BYTES_MAX) break;
      count += 1;
      bytes += entry.byteLength;
    }
    this.#bytes -= bytes;
    return {
      checks: this.#checks.splice(0, count),
      signings: this.#signings.splice(0, ENTRY_BATCH_MAX),
    };
  }
}
