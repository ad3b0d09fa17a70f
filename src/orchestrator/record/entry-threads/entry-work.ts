import type { Outcome } from '../../../domain/outcome.ts';
import { VerifyingKeys } from '../../../integrity/index.ts';
import {
  checkEntry,
  signPromise,
  type CheckedEntry,
  type EntryPromise,
  type NoteSigner,
} from '../../../ledger/index.ts';

/** What a log says in a promise, but for its name. */
export type Promised = Omit<EntryPromise, 'origin'>;

/** What an entry costs most: its owner's signature is verified, and the log's promise signed. */
export type EntryWork = {
  /**
   * Verifies a stranger's entry, and takes a copy of it.
   *
   * Those that come at once are done in no order; whoever waits for one finds the next behind it.
   * Limits: ENTRIES_CHECKING_MAX, ENTRIES_CHECKING_BYTES_MAX.
   * Errors: "queue_full" | "unavailable", and those of `verifyEntry`.
   */
  check(entry: Uint8Array): Promise<Outcome<CheckedEntry>>;
  /** Signs a promise, which is owed: it never fails. */
  promise(about: Promised): Promise<Uint8Array>;
  close(): Promise<void>;
};

/** Without threads of its own: by the platform's cryptography. */
export function entryWorkHere(log: NoteSigner): EntryWork {
  const keys = new VerifyingKeys();
  return {
    check: (entry) => checkEntry(entry, keys),
    promise: (about) => signPromise(log, about),
    close: () => Promise.resolve(),
  };
}
