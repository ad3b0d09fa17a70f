import type { EntryId } from '../../domain/ids.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { VerifyingKeys } from '../../integrity/index.ts';
import { leafHash } from '../tree/hashes.ts';
import { decodeEntry } from './entry-bytes.ts';
import { entryIdOf } from './entry.ts';
import { verifyEntry } from './verify-entry.ts';

/** An entry whose owner signed it, and what a log needs to know of it. */
export type CheckedEntry = {
  /** Never changed again. */
  readonly bytes: Uint8Array;
  readonly id: EntryId;
  readonly leaf: Uint8Array;
};

/**
 * Verifies an entry for a log to take.
 *
 * The bytes may come from an attacker. Errors: those of `verifyEntry`.
 */
export async function checkEntry(
  bytes: Uint8Array,
  keys: VerifyingKeys,
): Promise<Outcome<CheckedEntry>> {
  const copy = bytes.slice();
  const verified = await verifyEntry(copy, keys);
  if (!verified.ok) return verified;
  return succeed({ bytes: copy, id: verified.value.id, leaf: await leafHash(copy) });
}

/** What somebody signed here just now, who need not be asked. Errors: those of `decodeEntry`. */
export async function ownEntry(bytes: Uint8Array): Promise<Outcome<CheckedEntry>> {
  const decoded = decodeEntry(bytes);
  if (!decoded.ok) return decoded;
  const id = await entryIdOf(decoded.value.entry);
  return succeed({ bytes, id, leaf: await leafHash(bytes) });
}
