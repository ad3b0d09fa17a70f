import { assert } from '../../domain/assert.ts';
import { SIGNATURE_BYTES, type MessageSigner } from '../../integrity/index.ts';
import { deepHash } from './deep-hash.ts';
import { joinEntry, signedPartsOf } from './entry-bytes.ts';
import type { EntryDraft } from './entry.ts';

/** The bytes of a draft, signed by its owner. Limits: of entries, asserted. */
export async function signEntry(signer: MessageSigner, draft: EntryDraft): Promise<Uint8Array> {
  const parts = signedPartsOf(signer.publicKey, draft);
  const signature = await signer.sign(deepHash(parts));
  assert(signature.byteLength === SIGNATURE_BYTES, 'a signature of 64 bytes');
  return joinEntry(parts, signature);
}
