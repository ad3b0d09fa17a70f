import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { AgentId } from '../../domain/ids.ts';
import { VERIFYING_KEYS_MAX } from '../../domain/limits.ts';
import {
  bytesToSign,
  encodeBase64url,
  publicKeyOf,
  SIGNATURE_BYTES,
  type SigningInput,
} from '../../integrity/index.ts';

export type SignedClaim = SigningInput & {
  readonly agent: AgentId;
  readonly signature: Uint8Array;
};

/**
 * Makes what says whether an agent signed some bytes: as `verifyBytes` of integrity, by the same
 * library, but at once and with keys kept open, which takes two thirds of the time.
 *
 * The agent id, bytes and signature may come from an attacker.
 */
export function makeVerifier(): (claim: SignedClaim) => boolean {
  // A Map keeps insertion order: the first is the least recently used.
  const keys = new Map<AgentId, KeyObject | null>();
  const keyOf = (agent: AgentId): KeyObject | null => {
    const known = keys.get(agent);
    const key = known === undefined ? openKey(agent) : known;
    if (known !== undefined) keys.delete(agent);
    keys.set(agent, key);
    const [oldest] = keys.keys();
    if (keys.size > VERIFYING_KEYS_MAX && oldest !== undefined) keys.delete(oldest);
    return key;
  };
  return (claim) => {
    if (claim.signature.byteLength !== SIGNATURE_BYTES) return false;
    const key = keyOf(claim.agent);
    // Ed25519 hashes by itself: no digest is named.
    return key !== null && verify(null, bytesToSign(claim), key, claim.signature);
  };
}

/** Null where the id is no key that may sign. */
function openKey(agent: AgentId): KeyObject | null {
  const raw = publicKeyOf(agent);
  if (!raw.ok) return null;
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(raw.value) };
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // Some builds refuse a point that is not on the curve when it is opened.
    return null;
  }
}
