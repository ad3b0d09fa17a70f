import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { failure } from '../../domain/failure.ts';
import { CHALLENGE_MS } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

const NONCE_BYTES = 16;
const TIME_BYTES = 8;
// Bits of work, and whether a key was named.
const TERMS_BYTES = 2;
const BODY_BYTES = NONCE_BYTES + TIME_BYTES + TERMS_BYTES;
const MAC_BYTES = 32;
const TIME_AT = NONCE_BYTES;
const BITS_AT = NONCE_BYTES + TIME_BYTES;
const BOUND_AT = BITS_AT + 1;

/** What a challenge is issued for. */
export type ChallengeTerms = {
  /** Whose it is; null: anybody's, who must not be asked for work then. */
  readonly publicKey: Uint8Array | null;
  /** Leading zero bits that its answer must have; 0: no work. */
  readonly workBits: number;
};

/** Challenges that need no memory: they carry their terms, under a key of this process. */
export type Challenges = {
  issue(nowMs: number, terms: ChallengeTerms): Uint8Array;
  /**
   * How much work a challenge asked of whoever answers it with this key.
   *
   * Errors: "challenge_invalid" where it is not ours, another key's, or expired.
   */
  check(
    challenge: Uint8Array,
    by: { readonly nowMs: number; readonly publicKey: Uint8Array },
  ): Outcome<number>;
};

/**
 * Makes challenges: nonce, expiry and terms, and HMAC-SHA256 over them and the key they are for.
 *
 * One may be answered twice within its time; that only lets the holder of a key join as itself
 * again. After a restart those of before are not ours, and the agent asks for another.
 */
export function makeChallenges(): Challenges {
  const secret = randomBytes(32);
  const macOf = (body: Uint8Array, publicKey: Uint8Array | null): Buffer => {
    const mac = createHmac('sha256', secret).update(body);
    return (publicKey === null ? mac : mac.update(publicKey)).digest();
  };
  return {
    issue(nowMs, { publicKey, workBits }) {
      const body = Buffer.alloc(BODY_BYTES);
      randomBytes(NONCE_BYTES).copy(body);
      body.writeBigUInt64BE(BigInt(nowMs + CHALLENGE_MS), TIME_AT);
      body.writeUInt8(workBits, BITS_AT);
      body.writeUInt8(publicKey === null ? 0 : 1, BOUND_AT);
      return new Uint8Array(Buffer.concat([body, macOf(body, publicKey)]));
    },
    check(challenge, { nowMs, publicKey }) {
      const remedy = 'Ask for a new challenge and join again.';
      const foreign = `this challenge is not of here, or another key's. ${remedy}`;
      if (challenge.byteLength !== BODY_BYTES + MAC_BYTES) {
        return fail(failure('challenge_invalid', foreign));
      }
      const body = Buffer.from(challenge.subarray(0, BODY_BYTES));
      const bound = body.readUInt8(BOUND_AT) === 0 ? null : publicKey;
      if (!timingSafeEqual(macOf(body, bound), challenge.subarray(BODY_BYTES))) {
        return fail(failure('challenge_invalid', foreign));
      }
      if (body.readBigUInt64BE(TIME_AT) >= BigInt(nowMs)) return succeed(body.readUInt8(BITS_AT));
      return fail(failure('challenge_invalid', `this challenge has expired. ${remedy}`));
    },
  };
}
