import { failure } from '../domain/failure.ts';
import type { AgentId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';

/** Bytes of a raw Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32;

// The y of the eight points of small order, as 32 little-endian bytes: 0, 1, p - 1, and the two
// of order 8. A signature under such a key verifies for messages that nobody signed. Behind them
// the other spellings of 0 and 1: p and p + 1.
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(bytesOfHex);

/**
 * The agent that a raw Ed25519 public key identifies.
 *
 * The key may come from an attacker: one of small order, or one that is another spelling of a key
 * (y not below p), is refused. Errors: "key_unusable".
 */
export function agentIdOf(publicKey: Uint8Array): Outcome<AgentId> {
  const refuted = refuteKey(publicKey);
  if (refuted !== null) {
    return fail(failure('key_unusable', `this public key ${refuted}. Make a new key pair.`));
  }
  // 32 bytes are the 43 characters of base64url that `parseAgentId` accepts.
  return succeed(encodeBase64url(publicKey) as AgentId);
}

/**
 * The raw public key that an agent id is.
 *
 * Errors: "key_unusable", as `agentIdOf`, and where the id is another spelling of the same key.
 */
export function publicKeyOf(agent: AgentId): Outcome<Uint8Array> {
  const publicKey = decodeBase64url(agent);
  if (publicKey === null) {
    const text = `agent id ${agent} is not canonical base64url`;
    return fail(failure('key_unusable', `${text}. Encode the key's 32 bytes again.`));
  }
  const checked = agentIdOf(publicKey);
  return checked.ok ? succeed(publicKey) : checked;
}

/** Whether a raw public key is a point of small order, in whatever spelling. */
export function isSmallOrder(publicKey: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((small) => small.every((byte, at) => byte === yByte(publicKey, at)));
}

function refuteKey(publicKey: Uint8Array): string | null {
  if (publicKey.byteLength !== PUBLIC_KEY_BYTES) {
    return `has ${publicKey.byteLength} bytes instead of ${PUBLIC_KEY_BYTES}`;
  }
  if (isSmallOrder(publicKey)) return 'is of small order';
  return isBelowP(publicKey) ? null : 'is not in canonical form';
}

/** p = 2^255 - 19: the 19 values of y from it on are ed ff … ff 7f to ff ff … ff 7f. */
function isBelowP(publicKey: Uint8Array): boolean {
  if (yByte(publicKey, 0) < 0xed || yByte(publicKey, PUBLIC_KEY_BYTES - 1) < 0x7f) return true;
  return publicKey.subarray(1, PUBLIC_KEY_BYTES - 1).some((byte) => byte !== 0xff);
}

/** The top bit is the sign of x; the other 255 are y. */
function yByte(publicKey: Uint8Array, at: number): number {
  const byte = publicKey[at] ?? 0;
  return at === PUBLIC_KEY_BYTES - 1 ? byte & 0x7f : byte;
}

function bytesOfHex(hex: string): readonly number[] {
  return hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
}
