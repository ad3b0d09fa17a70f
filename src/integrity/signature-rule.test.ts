import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { verifyingKeyOf, verifySignature } from './signature-rule.ts';

type EdgeCases = {
  readonly flags: readonly string[];
  readonly keys: readonly string[];
  readonly signatures: readonly string[];
  readonly vectors: readonly string[];
};

const published = JSON.parse(
  readFileSync(new URL('ed25519-edge-cases.json', import.meta.url), 'utf8'),
) as EdgeCases;
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const numberOf = (text: string): number => Number.parseInt(text, 10);

const vectors = published.vectors.map((line) => {
  const [key = '', signature = '', message = '', flags = ''] = line.split(' ');
  return {
    key: hex(published.keys[numberOf(key)] ?? ''),
    signature: hex(published.signatures[numberOf(signature)] ?? ''),
    message: new TextEncoder().encode(`ed25519vectors${message === '-' ? '' : ` ${message}`}`),
    flags: flags === '-' ? [] : flags.split(',').map((flag) => published.flags[numberOf(flag)]),
  };
});

async function isValid(signed: {
  key: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}): Promise<boolean> {
  const key = await verifyingKeyOf(signed.key);
  return key !== null && verifySignature(key, signed);
}

describe('the published edge cases', () => {
  it('are many, of both kinds of key', () => {
    expect(vectors.length).toBe(914);
    expect(vectors.filter(({ flags }) => flags.includes('low_order_A')).length).toBe(526);
  });

  it('of keys of small order are all refused, in every spelling', async () => {
    for (const vector of vectors.filter(({ flags }) => flags.includes('low_order_A'))) {
      expect(await verifyingKeyOf(vector.key)).toBeNull();
    }
  });

  it('of other keys are valid, but where k is of a spelling that was not sent', async () => {
    const wrong: unknown[] = [];
    for (const vector of vectors.filter(({ flags }) => !flags.includes('low_order_A'))) {
      const expected = !vector.flags.includes('reencoded_k');
      if ((await isValid(vector)) !== expected) wrong.push(vector.flags);
    }
    expect(wrong).toEqual([]);
  });

  it('are such that this platform alone would decide otherwise', async () => {
    const refused = [];
    for (const vector of vectors) {
      const key = await verifyingKeyOf(vector.key);
      if (key === null || vector.flags.includes('reencoded_k')) continue;
      const yes = key.platform !== null && (await key.platform(vector));
      if (!yes) refused.push(vector);
    }
    expect(refused.length).toBeGreaterThan(100);
  });
});

describe('signatures with torsion, made here', () => {
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  const base = Point.BASE;
  // A point of order 8.
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const message = new TextEncoder().encode('an entry');
  const secret = 123_456_789n;
  const nonce = 987_654_321n;

  /** Signs as the owner of `secret` would that adds torsion to key or nonce, which is allowed. */
  async function sign(key: Uint8Array, commitment: Uint8Array): Promise<Uint8Array> {
    const joined = new Uint8Array([...commitment, ...key, ...message]);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', joined));
    const k = BigInt(`0x${Buffer.from(digest).reverse().toString('hex')}`) % order;
    const s = (nonce + k * secret) % order;
    const response = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    return new Uint8Array([...commitment, ...response]);
  }

  it('are valid with torsion in the key, in the nonce, in both and in none', async () => {
    const verdicts = [];
    for (const inKey of [false, true]) {
      for (const inNonce of [false, true]) {
        const owner = base.multiply(secret);
        const commitment = base.multiply(nonce);
        const key = (inKey ? owner.add(torsion) : owner).toBytes();
        const r = (inNonce ? commitment.add(torsion) : commitment).toBytes();
        verdicts.push(await isValid({ key, message, signature: await sign(key, r) }));
      }
    }
    expect(verdicts).toEqual([true, true, true, true]);
  });

  it('are not valid with s above the order, another message, or another length', async () => {
    const key = base.multiply(secret).toBytes();
    const signature = await sign(key, base.multiply(nonce).toBytes());
    expect(await isValid({ key, message, signature })).toBe(true);
    const s = BigInt(`0x${Buffer.from(signature.slice(32)).reverse().toString('hex')}`) + order;
    const response = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const large = new Uint8Array([...signature.slice(0, 32), ...response]);
    expect(await isValid({ key, message, signature: large })).toBe(false);
    expect(await isValid({ key, message: message.slice(1), signature })).toBe(false);
    expect(await isValid({ key, message, signature: signature.slice(1) })).toBe(false);
    expect(await isValid({ key: key.slice(1), message, signature })).toBe(false);
  });

  it('are not valid under 32 bytes that are no point', async () => {
    const signature = await sign(base.toBytes(), base.multiply(nonce).toBytes());
    expect(await isValid({ key: new Uint8Array(32).fill(2), message, signature })).toBe(false);
  });
});
