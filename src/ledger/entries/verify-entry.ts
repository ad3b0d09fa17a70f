import { failure } from '../../domain/failure.ts';
import type { EntryId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { VerifyingKeys, verifySignature } from '../../integrity/index.ts';
import { deepHash } from './deep-hash.ts';
import { decodeEntry } from './entry-bytes.ts';
import { entryIdOf, type Entry } from './entry.ts';

/** An entry whose owner signed it. */
export type VerifiedEntry = { readonly id: EntryId; readonly entry: Entry };

/**
 * The entry that bytes hold, if its owner signed it.
 *
 * The bytes may come from an attacker. Who verifies many entries keeps the keys of their owners.
 * Errors: "signature_invalid", and those of `decodeEntry`.
 */
export async function verifyEntry(
  bytes: Uint8Array,
  keys = new VerifyingKeys(),
): Promise<Outcome<VerifiedEntry>> {
  const decoded = decodeEntry(bytes);
  if (!decoded.ok) return decoded;
  const { entry, parts } = decoded.value;
  const message = deepHash(parts);
  const key = await keys.get(parts.owner);
  if (key === null || !(await verifySignature(key, { message, signature: entry.signature }))) {
    const text = `this entry was not signed by its owner ${entry.owner}, or was changed since`;
    return fail(failure('signature_invalid', `${text}. Sign it again.`));
  }
  return succeed({ id: await entryIdOf(entry), entry });
}
