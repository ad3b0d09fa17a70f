import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import type { AgentId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeBase64url } from './base64url.ts';
import { agentIdOf, publicKeyOf } from './public-key.ts';
import { unshared } from './unshared.ts';

/**
 * An agent's identity with the power to sign. Structured-clonable: IndexedDB keeps it as it is,
 * and where the private key is not extractable no script can read it.
 */
export type SigningKey = { readonly agent: AgentId; readonly privateKey: CryptoKey };

/** Bytes to sign, and what the signature means: one for one purpose never passes for another. */
export type SigningInput = {
  /** Small letters, digits and hyphens; at most 64. */
  readonly purpose: string;
  readonly bytes: Uint8Array;
};

const textEncoder = new TextEncoder();

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;

/**
 * Makes a new identity.
 *
 * A tab's key stays in the browser (extractable: false); a native agent's goes to its key file.
 * Errors: "key_unusable" where this platform has no Ed25519.
 */
export async function generateSigningKey(options: {
  readonly extractable: boolean;
}): Promise<Outcome<SigningKey>> {
  try {
    const pair = await crypto.subtle.generateKey('Ed25519', options.extractable, [
      'sign',
      'verify',
    ]);
    // An asymmetric algorithm always gives a pair; older type declarations leave that open.
    const { publicKey, privateKey } = pair as CryptoKeyPair;
    const agent = agentIdOf(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)));
    return agent.ok ? succeed({ agent: agent.value, privateKey }) : agent;
  } catch (cause) {
    return unusable('no Ed25519 key could be made here', cause, 'Use a current browser over https');
  }
}

/** The identity as PKCS#8 bytes for a key file. Errors: "key_unusable" where not extractable. */
export async function exportSigningKey(key: SigningKey): Promise<Outcome<Uint8Array>> {
  try {
    return succeed(new Uint8Array(await crypto.subtle.exportKey('pkcs8', key.privateKey)));
  } catch (cause) {
    return unusable('this key cannot be exported', cause, 'Make an extractable one');
  }
}

/** The identity that PKCS#8 bytes hold, not extractable from here on. Errors: "key_unusable". */
export async function importSigningKey(pkcs8: Uint8Array): Promise<Outcome<SigningKey>> {
  try {
    const bytes = unshared(pkcs8);
    // Only a JWK names the public key of a private one, and only an extractable key exports it.
    const readable = await crypto.subtle.importKey('pkcs8', bytes, 'Ed25519', true, ['sign']);
    const { x } = await crypto.subtle.exportKey('jwk', readable);
    const agent = agentIdOf(decodeBase64url(x ?? '') ?? new Uint8Array());
    if (!agent.ok) return agent;
    const privateKey = await crypto.subtle.importKey('pkcs8', bytes, 'Ed25519', false, ['sign']);
    return succeed({ agent: agent.value, privateKey });
  } catch (cause) {
    const remedy = 'Restore the key file from a copy, or delete it to begin as a new agent';
    return unusable('these bytes are no PKCS#8 Ed25519 key', cause, remedy);
  }
}

/** The signature over bytes for one purpose: 64 bytes. Signed bytes are kept, never re-made. */
export async function signBytes(key: SigningKey, input: SigningInput): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key.privateKey, bytesToSign(input)));
}

/**
 * Whether an agent signed these bytes for this purpose.
 *
 * The agent id, bytes and signature may come from an attacker.
 */
export async function verifyBytes(
  claim: SigningInput & { readonly agent: AgentId; readonly signature: Uint8Array },
): Promise<boolean> {
  if (claim.signature.byteLength !== SIGNATURE_BYTES) return false;
  const raw = publicKeyOf(claim.agent);
  if (!raw.ok) return false;
  const message = bytesToSign(claim);
  try {
    const key = await crypto.subtle.importKey('raw', unshared(raw.value), 'Ed25519', false, [
      'verify',
    ]);
    return await crypto.subtle.verify('Ed25519', key, unshared(claim.signature), message);
  } catch {
    // Some platforms refuse a point that is not on the curve when it is imported.
    return false;
  }
}

/** What is really signed: `manyhands/<purpose>/v1`, a zero byte, then the bytes. */
export function bytesToSign(input: SigningInput): Uint8Array<ArrayBuffer> {
  assert(/^[a-z0-9-]{1,64}$/.test(input.purpose), `the signing purpose "${input.purpose}"`);
  const context = textEncoder.encode(`manyhands/${input.purpose}/v1\0`);
  const message = new Uint8Array(context.byteLength + input.bytes.byteLength);
  message.set(context);
  message.set(input.bytes, context.byteLength);
  return message;
}

function unusable(text: string, cause: unknown, remedy: string): Outcome<never> {
  const detail = cause instanceof Error ? ` (${cause.message || cause.name})` : '';
  return fail(failure('key_unusable', `${text}${detail}. ${remedy}.`));
}
