import { sha256 } from '../hashing.ts';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { agentIdOf, PUBLIC_KEY_BYTES } from '../../integrity/index.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { isKeyName } from './signed-note.ts';

/** What a key signs: notes as they are, or checkpoints with the time at which they were seen. */
export type KeyType = 'note' | 'cosignature';

/** A public key under a name, as C2SP's vkeys write it. */
export type VerifierKey = {
  readonly name: string;
  readonly type: KeyType;
  readonly keyId: number;
  readonly publicKey: Uint8Array;
};

const TYPE_BYTE: Readonly<Record<KeyType, number>> = { note: 0x01, cosignature: 0x04 };

const textEncoder = new TextEncoder();

/** A key of a name. Errors: "key_unusable" | "input_invalid" for a name that no key has. */
export function verifierKeyOf(
  about: Pick<VerifierKey, 'name' | 'type' | 'publicKey'>,
): Outcome<VerifierKey> {
  const { name, type, publicKey } = about;
  if (!isKeyName(name)) {
    const text = `"${name.slice(0, 80)}" cannot name a key: no spaces, no plus, not empty`;
    return fail(failure('input_invalid', `${text}. Choose another name.`));
  }
  const usable = agentIdOf(publicKey);
  if (!usable.ok) return usable;
  const named = textEncoder.encode(`${name}\n`);
  const hashed = new Uint8Array(named.byteLength + 1 + PUBLIC_KEY_BYTES);
  hashed.set(named);
  hashed[named.byteLength] = TYPE_BYTE[type];
  hashed.set(publicKey, named.byteLength + 1);
  const digest = sha256(hashed);
  const keyId = new DataView(digest.buffer, digest.byteOffset).getUint32(0);
  return succeed({ name, type, publicKey, keyId });
}

/** `<name>+<key id>+<type and key>`. */
export function formatVerifierKey({ name, type, keyId, publicKey }: VerifierKey): string {
  const material = Uint8Array.of(TYPE_BYTE[type], ...publicKey);
  return `${name}+${keyId.toString(16).padStart(8, '0')}+${encodeBase64(material)}`;
}

/**
 * The key that a vkey writes; its id must be the one of name and key.
 *
 * The text may come from an attacker. Errors: "input_malformed" | "key_unusable".
 */
export function parseVerifierKey(text: string): Outcome<VerifierKey> {
  const [, name = '', , material64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const material = decodeBase64(material64);
  const type = (['note', 'cosignature'] as const).find((one) => TYPE_BYTE[one] === material?.[0]);
  if (material === null || type === undefined) return malformed(text);
  const key = verifierKeyOf({ name, type, publicKey: material.subarray(1) });
  if (!key.ok) return key;
  return formatVerifierKey(key.value) === text ? key : malformed(text);
}

function malformed(text: string): Outcome<never> {
  const what = `"${text.slice(0, 80)}" is no key: name, key id and Ed25519 key with + between`;
  return fail(failure('input_malformed', `${what}. Copy it again from its owner.`));
}
