import {
  encodeBase64url,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  type Signer,
} from '../../integrity/index.ts';
import type { AgentId } from '../../domain/ids.ts';
import type { RandomStream } from '../../domain/random.ts';
import { RollingHash } from '../kernel/rolling-hash.ts';

/** Bytes of a stream, for where a platform would give unforeseeable ones. */
export function randomBytes(random: RandomStream, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.nextUint32() & 0xff);
}

/** A digest that tells bytes apart as sha-256 does, without a platform. 32 bytes. */
export function simulatedDigest(bytes: Uint8Array): Uint8Array {
  const hash = new RollingHash();
  hash.addInteger(bytes.byteLength);
  for (let index = 0; index < bytes.byteLength; index += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(index, index + 4);
    hash.addInteger(a | (b << 8) | (c << 16) | (d << 24));
  }
  return new TextEncoder().encode(hash.digest().repeat(2));
}

/** An identity whose signatures only simulations believe. */
export function simulatedSigner(random: RandomStream): Signer {
  // The random bytes of a key are no point of small order but with a chance that never comes.
  const agent = encodeBase64url(randomBytes(random, PUBLIC_KEY_BYTES)) as AgentId;
  return { agent, sign: async (input) => signatureOf({ ...input, agent }) };
}

/** Whether `simulatedSigner` of this agent made this signature. */
export function verifySimulated(claim: {
  readonly agent: AgentId;
  readonly purpose: string;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}): boolean {
  const expected = signatureOf(claim);
  return claim.signature.every((byte, index) => byte === expected[index]);
}

function signatureOf(of: {
  readonly agent: AgentId;
  readonly purpose: string;
  readonly bytes: Uint8Array;
}): Uint8Array {
  const hash = new RollingHash();
  hash.addText(of.agent);
  hash.addText(of.purpose);
  for (const byte of simulatedDigest(of.bytes)) hash.addInteger(byte);
  return new TextEncoder().encode(hash.digest().repeat(SIGNATURE_BYTES / 16));
}
