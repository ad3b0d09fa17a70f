import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { bytesToSign, decodeBase64url } from '../../../src/integrity/index.ts';
import { AgentService, joinClaimToBytes } from '../../../src/wire/index.ts';
import type { RawClient } from './raw-client.ts';

/** A joined agent of a load. */
export type RawAgent = {
  readonly session: string;
  sign(purpose: string, bytes: Uint8Array): Uint8Array;
};

const { method } = AgentService;

/** Joins with a key of its own. */
export async function joinRaw(client: RawClient): Promise<RawAgent> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = decodeBase64url(publicKey.export({ format: 'jwk' }).x ?? '');
  if (raw === null) throw new Error('a key without bytes');
  const { challenge } = await client.call(method.getChallenge, {});
  const claim = joinClaimToBytes({
    publicKey: raw,
    challenge,
    versions: [1],
    capability: {
      kind: 'native',
      label: 'a load',
      lanes: 1,
      memoryBytes: 2 ** 30,
      logicalCores: 1,
      features: { wasmSimd: true, wasmRelaxedSimd: true, wasmThreads: true, webgpu: null },
      primitives: { relu: 'wasm' },
    },
    conformance: [],
  });
  const signature = signed(privateKey, 'join', claim);
  const { sessionId } = await client.call(method.join, { claim, signature });
  return { session: sessionId, sign: (purpose, bytes) => signed(privateKey, purpose, bytes) };
}

function signed(key: KeyObject, purpose: string, bytes: Uint8Array): Uint8Array {
  return sign(null, bytesToSign({ purpose, bytes }), key);
}
