import { failure } from '../domain/failure.ts';
import type { AgentId } from '../domain/ids.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';

/** Bytes of a raw Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32;

// The y of the eight points of small order, as 32 little-endian bytes: 0, 1, p - 1, and the two
// of order 8. A signature under such a key verifies for messages that nobody signed.
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];

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

function refuteKey(publicKey: Uint8Array): string | null {
  if (publicKey.byteLength !== PUBLIC_KEY_BYTES) {
    return `has ${publicKey.byteLength} bytes instead of ${PUBLIC_KEY_BYTES}`;
  }
  // The top bit is the sign of x; the other 255 are y.
  const y = publicKey.slice();
  y[31] = (publicKey[31] ?? 0) & 0x7f;
  const hex = Array.from(y, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (SMALL_ORDER_Y.includes(hex)) return 'is of small order';
  // p = 2^255 - 19: the 19 values from ed ff … ff 7f on.
  if (/^(e[d-f]|f.)(ff){30}7f$/.test(hex)) return 'is not in canonical form';
  return null;
}
