import { leafHash } from '../tree/hashes.ts';
import { verifyEntry } from './verify-entry.ts';

/**
 * What an auditor says of an entry: whether it is well-formed and its owner signed it, and the leaf
 * that it is in the log's tree.
 *
 * The bytes may come from an attacker.
 */
export async function auditEntry(
  bytes: Uint8Array,
): Promise<{ readonly isRight: boolean; readonly leaf: Uint8Array }> {
  const [verified, leaf] = await Promise.all([verifyEntry(bytes), leafHash(bytes)]);
  return { isRight: verified.ok, leaf };
}
