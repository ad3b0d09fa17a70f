import {
  createPublicKey,
  sign as nodeSign,
  createPrivateKey,
  verify as nodeVerify,
} from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAgentId, type AgentId } from '../domain/ids.ts';
import type { Outcome } from '../domain/outcome.ts';
import { encodeBase64url } from './base64url.ts';
import { agentIdOf, publicKeyOf } from './public-key.ts';
import {
  exportSigningKey,
  generateSigningKey,
  importSigningKey,
  signBytes,
  verifyBytes,
  type SigningKey,
} from './signing.ts';

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

const bytes = new TextEncoder().encode('the results of a lease');
const purpose = 'report';
let key: SigningKey;
let signature: Uint8Array;

beforeAll(async () => {
  key = must(await generateSigningKey({ extractable: true }));
  signature = await signBytes(key, { purpose, bytes });
});

describe('signatures', () => {
  it('verify for the agent, purpose and bytes that were signed', async () => {
    expect(signature.byteLength).toBe(64);
    expect(await verifyBytes({ agent: key.agent, purpose, bytes, signature })).toBe(true);
  });

  it('do not verify for another purpose, other bytes or another agent', async () => {
    const claim = { agent: key.agent, purpose, bytes, signature };
    const stranger = must(await generateSigningKey({ extractable: false }));
    expect(await verifyBytes({ ...claim, purpose: 'join' })).toBe(false);
    expect(await verifyBytes({ ...claim, bytes: bytes.subarray(1) })).toBe(false);
    expect(await verifyBytes({ ...claim, agent: stranger.agent })).toBe(false);
  });

  it('do not verify with any bit changed, cut short or made longer', async () => {
    for (let bit = 0; bit < 512; bit += 7) {
      const changed = signature.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await verifyBytes({ agent: key.agent, purpose, bytes, signature: changed })).toBe(
        false,
      );
    }
    for (const other of [signature.subarray(1), new Uint8Array(65), new Uint8Array()]) {
      expect(await verifyBytes({ agent: key.agent, purpose, bytes, signature: other })).toBe(false);
    }
  });

  it('are plain Ed25519 over the context, a zero byte and the bytes', async () => {
    const message = Buffer.concat([Buffer.from('manyhands/report/v1\0'), bytes]);
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: key.agent },
      format: 'jwk',
    });
    expect(nodeVerify(null, message, publicKey, signature)).toBe(true);
    const pkcs8 = Buffer.from(must(await exportSigningKey(key)));
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    expect(new Uint8Array(nodeSign(null, message, privateKey))).toEqual(signature);
  });

  it('refuse a purpose that could be mistaken for another', async () => {
    for (const wrong of ['', 'a/v1\0', 'A', 'x'.repeat(65)]) {
      await expect(signBytes(key, { purpose: wrong, bytes })).rejects.toThrow('broken invariant');
      const claim = { agent: key.agent, purpose: wrong, bytes, signature };
      await expect(verifyBytes(claim)).rejects.toThrow('broken invariant');
    }
  });
});

describe('signing keys', () => {
  it('come back from PKCS#8 as the same agent, not extractable any more', async () => {
    const again = must(await importSigningKey(must(await exportSigningKey(key))));
    expect(again.agent).toBe(key.agent);
    expect(await signBytes(again, { purpose, bytes })).toEqual(signature);
    expect(again.privateKey.extractable).toBe(false);
  });

  it('stay in a tab that asked for one that is not extractable', async () => {
    const tab = must(await generateSigningKey({ extractable: false }));
    expect(await exportSigningKey(tab)).toMatchObject({
      ok: false,
      failure: { code: 'key_unusable' },
    });
  });

  it('keep signing after a structured clone, as IndexedDB makes it', async () => {
    const clone = structuredClone(key);
    expect(await signBytes(clone, { purpose, bytes })).toEqual(signature);
  });

  it('are refused from bytes that are no Ed25519 PKCS#8', async () => {
    const pkcs8 = must(await exportSigningKey(key));
    for (const wrong of [new Uint8Array(), pkcs8.subarray(1), pkcs8.subarray(0, 40)]) {
      expect(await importSigningKey(wrong)).toMatchObject({
        ok: false,
        failure: { code: 'key_unusable' },
      });
    }
  });
});

// The curve in plain integers, to show that the refused keys are the ones of small order.
const P = 2n ** 255n - 19n;
const modulo = (value: bigint): bigint => ((value % P) + P) % P;
const power = (base: bigint, exponent: bigint): bigint => {
  let [result, square] = [1n, modulo(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
};
const inverse = (value: bigint): bigint => power(value, P - 2n);
const D = modulo(-121665n * inverse(121666n));
type Point = { x: bigint; y: bigint };
const add = (a: Point, b: Point): Point => {
  const product = modulo(D * a.x * b.x * a.y * b.y);
  return {
    x: modulo((a.x * b.y + a.y * b.x) * inverse(modulo(1n + product))),
    y: modulo((a.y * b.y + a.x * b.x) * inverse(modulo(1n - product))),
  };
};
function pointOf(encoded: Uint8Array): Point {
  const integer = BigInt(`0x${Buffer.from(encoded).reverse().toString('hex')}`);
  const y = integer & (2n ** 255n - 1n);
  const square = modulo((y * y - 1n) * inverse(modulo(D * y * y + 1n)));
  const root = power(square, (P + 3n) / 8n);
  const x = modulo(root * root) === square ? root : modulo(root * power(2n, (P - 1n) / 4n));
  expect(modulo(x * x)).toBe(square);
  return { x: (x & 1n) === integer >> 255n ? x : modulo(-x), y };
}
const timesEight = (point: Point): Point => {
  const double = add(point, point);
  const fourfold = add(double, double);
  return add(fourfold, fourfold);
};

const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));

describe('public keys', () => {
  it('of small order, all eight, are refused', () => {
    const points = new Set(smallOrder.map((encoded) => Object.values(pointOf(encoded)).join()));
    expect(points.size).toBe(8);
    for (const encoded of smallOrder) {
      expect(timesEight(pointOf(encoded))).toEqual({ x: 0n, y: 1n });
      expect(agentIdOf(encoded)).toMatchObject({ ok: false, failure: { code: 'key_unusable' } });
    }
  });

  it('of full order, like any generated one, are accepted', () => {
    const publicKey = must(publicKeyOf(key.agent));
    expect(timesEight(pointOf(publicKey))).not.toEqual({ x: 0n, y: 1n });
    expect(agentIdOf(publicKey)).toEqual({ ok: true, value: key.agent });
  });

  it('whose y is not below p are refused, and one just below is not', () => {
    const near = (low: number, sign: number): Uint8Array => {
      const encoded = new Uint8Array(32).fill(255);
      encoded[0] = low;
      encoded[31] = 0x7f | sign;
      return encoded;
    };
    for (let low = 0xed; low <= 0xff; low++) {
      expect(agentIdOf(near(low, 0)).ok).toBe(false);
      expect(agentIdOf(near(low, 0x80)).ok).toBe(false);
    }
    expect(agentIdOf(near(0xeb, 0)).ok).toBe(true);
  });

  it('of another length are refused', () => {
    for (const size of [0, 31, 33]) expect(agentIdOf(new Uint8Array(size).fill(7)).ok).toBe(false);
  });

  it('have one spelling: an agent id with unused bits set is refused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(key.agent.slice(-1));
    const text = key.agent.slice(0, -1) + alphabet.charAt(last ^ 1);
    const other: AgentId = must(parseAgentId(text));
    expect(publicKeyOf(other)).toMatchObject({ ok: false, failure: { code: 'key_unusable' } });
    expect(await verifyBytes({ agent: other, purpose, bytes, signature })).toBe(false);
  });

  it('of small order never verify, not even what their equation accepts for every message', async () => {
    // With the neutral element as key and as R, S = 0 satisfies the equation whatever is signed.
    const neutral = new Uint8Array(32);
    neutral[0] = 1;
    const forged = new Uint8Array(64);
    forged[0] = 1;
    const agent = must(parseAgentId(encodeBase64url(neutral)));
    expect(await verifyBytes({ agent, purpose, bytes, signature: forged })).toBe(false);
  });
});
