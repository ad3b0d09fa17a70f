import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import type { AgentId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeBase64url } from './base64url.ts';
import { agentIdOf, publicKeyOf } from './public-key.ts';
import { verifyingKeyOf, verifySignature } from './signature-rule.ts';
import { unshared } from './unshared.ts';

/**
 * An agent's identity with the power to sign. Structured-clonable: IndexedDB keeps it as it is,
 * and where the private key is not extractable no script can read it.
 */
export type SigningKey = { readonly agent: AgentId; readonly privateKey: CryptoKey };

/** Who signs, and how: a key of this platform, or a stand-in where no key is. */
export type Signer = {
  readonly agent: AgentId;
  sign(input: SigningInput): Promise<Uint8Array>;
};

/** Who signs messages as they are, in formats whose messages say themselves what they are. */
export type MessageSigner = {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
};

/** Bytes to sign, and what the signature means: one for one purpose never passes for another. */
export type SigningInput = {
  /** Small letters, digits and hyphens; at most 64. */
  readonly purpose: string;
  readonly bytes: Uint8Array;
};

const textEncoder = new TextEncoder();

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

/** A key as a signer. */
export function signerOf(key: SigningKey): Signer {
  return { agent: key.agent, sign: (input) => signBytes(key, input) };
}

/**
 * A key as a signer of entries and notes, whose formats fix the bytes that are signed.
 *
 * A deep hash has 48 bytes and a note no zero byte: neither is what `signBytes` signs.
 */
export function messageSignerOf(key: SigningKey): MessageSigner {
  const publicKey = publicKeyOf(key.agent);
  assert(publicKey.ok, 'a signing key has a public key');
  return {
    publicKey: publicKey.value,
    sign: async (message) =>
      new Uint8Array(await crypto.subtle.sign('Ed25519', key.privateKey, unshared(message))),
  };
}

/**
 * Whether an agent signed these bytes for this purpose, by the one rule of `signature-rule.ts`.
 *
 * The agent id, bytes and signature may come from an attacker.
 */
export async function verifyBytes(
  claim: SigningInput & { readonly agent: AgentId; readonly signature: Uint8Array },
): Promise<boolean> {
  const raw = publicKeyOf(claim.agent);
  if (!raw.ok) return false;
  const message = bytesToSign(claim);
  const key = await verifyingKeyOf(raw.value);
  return key !== null && verifySignature(key, { message, signature: claim.signature });
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
