import { beforeAll, describe, expect, it } from 'vitest';
import type { AgentId } from '../../domain/ids.ts';
import {
  encodeBase64url,
  generateSigningKey,
  signBytes,
  verifyBytes,
  type SigningKey,
} from '../../integrity/index.ts';
import { valueOf } from '../volunteer.contract.ts';
import { makeVerifier, type SignedClaim } from './verify-now.ts';

const bytes = new TextEncoder().encode('the results of a lease');
const purpose = 'report';
let claim: SignedClaim;
let stranger: SigningKey;

beforeAll(async () => {
  const key = valueOf(await generateSigningKey({ extractable: false }));
  stranger = valueOf(await generateSigningKey({ extractable: false }));
  const signature = await signBytes(key, { purpose, bytes });
  claim = { agent: key.agent, purpose, bytes, signature };
});

/** The order of the group of Ed25519, to be added to the second half of a signature. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function withOrderAdded(signature: Uint8Array): Uint8Array {
  const half = Buffer.from(signature.slice(32).toReversed()).toString('hex');
  const sum = (BigInt(`0x${half}`) + ORDER).toString(16).padStart(64, '0');
  const other = signature.slice();
  other.set(Buffer.from(sum, 'hex').toReversed(), 32);
  return other;
}

const agentOf = (first: number, fill: number): AgentId =>
  encodeBase64url(new Uint8Array(32).fill(fill).with(0, first)) as AgentId;

const CLAIMS: readonly [string, boolean, () => SignedClaim][] = [
  ['as it was signed', true, () => claim],
  ['for another purpose', false, () => ({ ...claim, purpose: 'join' })],
  ['over other bytes', false, () => ({ ...claim, bytes: bytes.subarray(1) })],
  ['of another agent', false, () => ({ ...claim, agent: stranger.agent })],
  ['cut short', false, () => ({ ...claim, signature: claim.signature.subarray(1) })],
  ['made longer', false, () => ({ ...claim, signature: new Uint8Array(65) })],
  ['with a bit changed', false, () => ({ ...claim, signature: flipped(claim.signature) })],
  [
    'in its other spelling',
    false,
    () => ({ ...claim, signature: withOrderAdded(claim.signature) }),
  ],
  ['of a key of small order', false, () => ({ ...claim, agent: agentOf(1, 0) })],
  ['of a key that is no point', false, () => ({ ...claim, agent: agentOf(2, 0) })],
  ['of a key in another spelling', false, () => ({ ...claim, agent: agentOf(0xee, 0xff) })],
  ['of an id that is no key', false, () => ({ ...claim, agent: 'A' as AgentId })],
];

function flipped(signature: Uint8Array): Uint8Array {
  return signature.with(5, (signature[5] ?? 0) ^ 1);
}

describe('makeVerifier', () => {
  it.each(CLAIMS)('says of a signature %s what integrity says: %s', async (_, valid, make) => {
    const verify = makeVerifier();
    expect(verify(make())).toBe(valid);
    // Again, with the key at hand.
    expect(verify(make())).toBe(valid);
    expect(await verifyBytes(make())).toBe(valid);
  });

  it('refuses a purpose that could be mistaken for another', () => {
    expect(() => makeVerifier()({ ...claim, purpose: 'a/v1\0' })).toThrow('broken invariant');
  });
});
