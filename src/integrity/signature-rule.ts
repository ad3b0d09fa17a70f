// Which Ed25519 signatures are valid: one rule, whatever platform verifies.
//
// Platforms agree on honest signatures and differ on crafted ones (points of small order, points
// in another spelling, torsion in key or nonce). The rule here is ZIP-215, without keys of small
// order: with cofactor, s below the group's order, points decoded modulo p. Every platform's rule
// is narrower than ZIP-215, so its "yes" is final; only after a "no" a second look decides.
import { OWNER_KEYS_CACHED_MAX } from '../domain/limits.ts';
import { isSmallOrder, PUBLIC_KEY_BYTES } from './public-key.ts';
import { unshared } from './unshared.ts';

/** Bytes of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64;

/** A raw public key, ready to verify many signatures. */
export type VerifyingKey = {
  readonly publicKey: Uint8Array;
  /** Null where this platform does not take the key: then the rule's own code verifies. */
  readonly platform: PlatformVerifier | null;
};

/** Whether a platform takes a signature for valid under one key; it may also throw. */
export type PlatformVerifier = (signed: SignedMessage) => boolean | Promise<boolean>;

/** What verifies for a raw public key on a platform; rejects or throws for one that it refuses. */
export type VerifyingPlatform = (
  publicKey: Uint8Array<ArrayBuffer>,
) => PlatformVerifier | Promise<PlatformVerifier>;

/** What somebody claims to have signed. Both may come from an attacker. */
export type SignedMessage = { readonly message: Uint8Array; readonly signature: Uint8Array };

/**
 * A raw public key for `verifySignature`; null for one of small order or of another length.
 *
 * A signature under a key of small order verifies for messages that nobody signed.
 */
export async function verifyingKeyOf(
  publicKey: Uint8Array,
  platform: VerifyingPlatform = webCrypto,
): Promise<VerifyingKey | null> {
  if (publicKey.byteLength !== PUBLIC_KEY_BYTES || isSmallOrder(publicKey)) return null;
  const raw = publicKey.slice();
  try {
    return { publicKey: raw, platform: await platform(raw) };
  } catch {
    // Some platforms refuse spellings that the rule allows, and some have no Ed25519 at all.
    return { publicKey: raw, platform: null };
  }
}

/** On other threads than the caller's. */
const webCrypto: VerifyingPlatform = async (publicKey) => {
  const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
  return ({ message, signature }) =>
    crypto.subtle.verify('Ed25519', key, unshared(signature), unshared(message));
};

/** Keys that were used lately, ready to verify again. Limits: OWNER_KEYS_CACHED_MAX. */
export class VerifyingKeys {
  readonly #byBytes = new Map<string, Promise<VerifyingKey | null>>();
  readonly #platform: VerifyingPlatform;

  constructor(platform: VerifyingPlatform = webCrypto) {
    this.#platform = platform;
  }

  /** As `verifyingKeyOf`. */
  get(publicKey: Uint8Array): Promise<VerifyingKey | null> {
    const name = String.fromCharCode(...publicKey);
    const known = this.#byBytes.get(name);
    if (known !== undefined) return known;
    const key = verifyingKeyOf(publicKey, this.#platform);
    this.#byBytes.set(name, key);
    const [oldest] = this.#byBytes.keys();
    if (this.#byBytes.size > OWNER_KEYS_CACHED_MAX && oldest !== undefined)
      this.#byBytes.delete(oldest);
    return key;
  }
}

/**
 * Whether a message was signed with this key, by ZIP-215.
 *
 * Source: ZIP 215; RFC 8032 section 5.1.7 (the equation with cofactor).
 */
export async function verifySignature(key: VerifyingKey, signed: SignedMessage): Promise<boolean> {
  if (signed.signature.byteLength !== SIGNATURE_BYTES) return false;
  if (key.platform !== null && (await platformAccepts(key.platform, signed))) return true;
  return zip215Accepts(key.publicKey, signed);
}

async function platformAccepts(accepts: PlatformVerifier, signed: SignedMessage): Promise<boolean> {
  try {
    return await accepts(signed);
  } catch {
    return false;
  }
}

async function zip215Accepts(publicKey: Uint8Array, signed: SignedMessage): Promise<boolean> {
  // Fetched by a page only when it meets a signature that its platform refuses.
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  return ed25519.verify(signed.signature, signed.message, publicKey, { zip215: true });
}
