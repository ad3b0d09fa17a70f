import { create, toBinary } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  generateSigningKey,
  publicKeyOf,
  signBytes,
  verifyBytes,
  type SigningKey,
} from '../../integrity/index.ts';
import { TrustDescriptorSchema } from '../../wire/index.ts';
import { valueOf } from '../volunteer.contract.ts';
import {
  signTrust,
  trustStateOf,
  verifyTrust,
  type SignedTrust,
  type Trust,
} from './trust-descriptor.ts';

let operator: SigningKey;
let other: SigningKey;
let trust: Trust;
let signed: SignedTrust;

beforeAll(async () => {
  const make = async () => valueOf(await generateSigningKey({ extractable: false }));
  [operator, other] = [await make(), await make()];
  const { agent } = await make();
  trust = { agent, name: 'the lab', notBeforeMs: 1_000, expiresMs: 2_000 };
  signed = valueOf(await signTrust(trust, operator));
});

/** A descriptor that says what it likes, signed as it likes. */
async function descriptor(of: {
  readonly changes?: Partial<{ name: string; publicKey: Uint8Array; operatorKey: Uint8Array }>;
  readonly by?: SigningKey;
  readonly purpose?: string;
}): Promise<SignedTrust> {
  const message = create(TrustDescriptorSchema, {
    publicKey: valueOf(publicKeyOf(trust.agent)),
    name: trust.name,
    notBeforeMs: 1_000n,
    expiresMs: 2_000n,
    operatorKey: valueOf(publicKeyOf(operator.agent)),
    ...of.changes,
  });
  const bytes = toBinary(TrustDescriptorSchema, message);
  const purpose = of.purpose ?? 'trust';
  return { descriptor: bytes, signature: await signBytes(of.by ?? operator, { purpose, bytes }) };
}

describe('verifyTrust', () => {
  it('gives what the operator signed', async () => {
    expect(await verifyTrust(signed, operator.agent)).toEqual({ ok: true, value: trust });
    expect(await verifyTrust(await descriptor({}), operator.agent)).toMatchObject({ ok: true });
  });

  it('is what anybody can do with the public key alone', async () => {
    const { descriptor: bytes, signature } = signed;
    const claim = { agent: operator.agent, purpose: 'trust', bytes, signature };
    expect(await verifyBytes(claim)).toBe(true);
  });

  it.each<[string, () => Promise<SignedTrust>, string]>([
    ['of another orchestrator', () => descriptor({ by: other }), 'signature_invalid'],
    [
      'of the agent itself',
      () => descriptor({ by: other, changes: { publicKey: valueOf(publicKeyOf(other.agent)) } }),
      'signature_invalid',
    ],
    ['signed for another purpose', () => descriptor({ purpose: 'join' }), 'signature_invalid'],
    [
      'of which a byte was changed',
      async () => ({ ...signed, descriptor: flipped(signed.descriptor) }),
      'signature_invalid',
    ],
    [
      'with a changed signature',
      async () => ({ ...signed, signature: flipped(signed.signature) }),
      'signature_invalid',
    ],
    [
      'without a signature',
      async () => ({ ...signed, signature: new Uint8Array() }),
      'signature_invalid',
    ],
    [
      'that names another operator',
      () => descriptor({ changes: { operatorKey: valueOf(publicKeyOf(other.agent)) } }),
      'input_malformed',
    ],
    ['without a name', () => descriptor({ changes: { name: '' } }), 'input_malformed'],
    [
      'with a name too long',
      () => descriptor({ changes: { name: 'n'.repeat(121) } }),
      'input_malformed',
    ],
    [
      'that is too large',
      () => descriptor({ changes: { name: 'n'.repeat(2_000) } }),
      'input_malformed',
    ],
    ['of no key', () => descriptor({ changes: { publicKey: new Uint8Array(32) } }), 'key_unusable'],
    [
      'that is no message',
      async () => {
        const bytes = new Uint8Array([255, 255, 255]);
        const signature = await signBytes(operator, { purpose: 'trust', bytes });
        return { descriptor: bytes, signature };
      },
      'input_malformed',
    ],
  ])('refuses a descriptor %s', async (_, make, code) => {
    const verified = await verifyTrust(await make(), operator.agent);
    expect(verified).toMatchObject({ ok: false, failure: { code } });
  });
});

describe('trustStateOf', () => {
  it.each([
    [999, 'not_yet'],
    [1_000, 'trusted'],
    [1_999, 'trusted'],
    [2_000, 'expired'],
  ])('at %i is %s', (nowMs, state) => {
    expect(trustStateOf(trust, nowMs)).toBe(state);
  });
});

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.with(5, (bytes[5] ?? 0) ^ 1);
}
