import { assert } from '../../domain/assert.ts';
import { verifyingKeyOf, verifySignature, type MessageSigner } from '../../integrity/index.ts';
import type { NoteSignature, SignedNote } from './signed-note.ts';
import { verifierKeyOf, type VerifierKey } from './verifier-key.ts';

/** Who signs notes under a name. */
export type NoteSigner = { readonly name: string; readonly signer: MessageSigner };

/** A valid signature, an invalid one under the key's name and id, or none. */
export type SignatureState = 'valid' | 'invalid' | 'absent';

const textEncoder = new TextEncoder();

/** A plain signature on a note's text. Asserts a usable name. */
export async function signNote(by: NoteSigner, text: string): Promise<NoteSignature> {
  const { name, keyId } = noteKeyOf(by);
  return { name, keyId, bytes: await by.signer.sign(textEncoder.encode(text)) };
}

/** The public key of who signs notes. */
export function noteKeyOf({ name, signer }: NoteSigner): VerifierKey {
  const key = verifierKeyOf({ name, type: 'note', publicKey: signer.publicKey });
  assert(key.ok, `a note's signer named "${name}"`);
  return key.value;
}

/** How a note is signed under a key of type "note". The note may come from an attacker. */
export async function noteSignatureState(
  key: VerifierKey,
  note: SignedNote,
): Promise<SignatureState> {
  assert(key.type === 'note', `the key of ${key.name} signs checkpoints as a witness`);
  const found = signaturesUnder(key, note);
  if (found.length === 0) return 'absent';
  const message = textEncoder.encode(note.text);
  const verifying = await verifyingKeyOf(key.publicKey);
  assert(verifying !== null, 'a verifier key is usable');
  for (const { bytes } of found) {
    if (!(await verifySignature(verifying, { message, signature: bytes }))) return 'invalid';
  }
  return 'valid';
}

/** The signatures under the name and id of a key. */
export function signaturesUnder(key: VerifierKey, note: SignedNote): readonly NoteSignature[] {
  return note.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
}
