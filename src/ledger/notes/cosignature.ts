import { assert } from '../../domain/assert.ts';
import { SIGNATURE_BYTES, verifyingKeyOf, verifySignature } from '../../integrity/index.ts';
import { signaturesUnder, type NoteSigner } from './note-signing.ts';
import type { NoteSignature, SignedNote } from './signed-note.ts';
import { verifierKeyOf, type VerifierKey } from './verifier-key.ts';

/** When a witness saw a checkpoint; or that its line is not valid, or not there. */
export type CosignatureState =
  | { readonly kind: 'valid'; readonly atSeconds: number }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'absent' };

const TIMESTAMP_BYTES = 8;
const textEncoder = new TextEncoder();

/**
 * A witness's signature on a checkpoint: it was the largest consistent one seen at that time.
 *
 * Units: atSeconds is Unix time in seconds. Source: C2SP tlog-cosignature, v1.
 */
export async function cosign(
  by: NoteSigner,
  checkpointText: string,
  atSeconds: number,
): Promise<NoteSignature> {
  assert(Number.isSafeInteger(atSeconds) && atSeconds > 0, `a cosignature at ${atSeconds}`);
  const { name, keyId } = cosignerKeyOf(by);
  const signature = await by.signer.sign(messageOf(checkpointText, atSeconds));
  const bytes = new Uint8Array(TIMESTAMP_BYTES + signature.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(atSeconds));
  bytes.set(signature, TIMESTAMP_BYTES);
  return { name, keyId, bytes };
}

/** The public key of a witness. Asserts a usable name. */
export function cosignerKeyOf({ name, signer }: NoteSigner): VerifierKey {
  const key = verifierKeyOf({ name, type: 'cosignature', publicKey: signer.publicKey });
  assert(key.ok, `a witness named "${name}"`);
  return key.value;
}

/**
 * How a checkpoint is cosigned under a witness's key: the last time, where there are several.
 *
 * The note may come from an attacker. One line that is not valid spoils the others.
 */
export async function cosignatureState(
  key: VerifierKey,
  note: SignedNote,
): Promise<CosignatureState> {
  assert(key.type === 'cosignature', `the key of ${key.name} signs notes, not as a witness`);
  const verifying = await verifyingKeyOf(key.publicKey);
  assert(verifying !== null, 'a verifier key is usable');
  let latest: CosignatureState = { kind: 'absent' };
  for (const { bytes } of signaturesUnder(key, note)) {
    if (bytes.byteLength !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return { kind: 'invalid' };
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const atSeconds = Number(view.getBigUint64(0));
    if (!Number.isSafeInteger(atSeconds) || atSeconds === 0) return { kind: 'invalid' };
    const signature = bytes.subarray(TIMESTAMP_BYTES);
    const message = messageOf(note.text, atSeconds);
    if (!(await verifySignature(verifying, { message, signature }))) return { kind: 'invalid' };
    const isLater = latest.kind !== 'valid' || latest.atSeconds < atSeconds;
    if (isLater) latest = { kind: 'valid', atSeconds };
  }
  return latest;
}

function messageOf(checkpointText: string, atSeconds: number): Uint8Array {
  return textEncoder.encode(`cosignature/v1\ntime ${atSeconds}\n${checkpointText}`);
}
