import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { failure } from '../../domain/failure.ts';
import { CHALLENGE_MS } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';

const NONCE_BYTES = 16;
const TIME_BYTES = 8;
const MAC_BYTES = 32;

/** Challenges that need no memory: they carry their expiry, under a key of this process. */
export type Challenges = {
  issue(nowMs: number): Uint8Array;
  /** Errors: "challenge_invalid" where it is not ours or expired. */
  check(challenge: Uint8Array, nowMs: number): Outcome<void>;
};

/**
 * Makes challenges: nonce, expiry and HMAC-SHA256 over both.
 *
 * One may be answered twice within its time; that only lets the holder of a key join as itself
 * again. After a restart those of before are not ours, and the agent asks for another.
 */
export function makeChallenges(): Challenges {
  const key = randomBytes(32);
  const macOf = (body: Uint8Array): Buffer => createHmac('sha256', key).update(body).digest();
  return {
    issue(nowMs) {
      const body = Buffer.alloc(NONCE_BYTES + TIME_BYTES);
      randomBytes(NONCE_BYTES).copy(body);
      body.writeBigUInt64BE(BigInt(nowMs + CHALLENGE_MS), NONCE_BYTES);
      return new Uint8Array(Buffer.concat([body, macOf(body)]));
    },
    check(challenge, nowMs) {
      const remedy = 'Ask for a new challenge and join again.';
      if (challenge.byteLength !== NONCE_BYTES + TIME_BYTES + MAC_BYTES) {
        return fail(failure('challenge_invalid', `this challenge is not of here. ${remedy}`));
      }
      const body = Buffer.from(challenge.subarray(0, NONCE_BYTES + TIME_BYTES));
      const mac = challenge.subarray(NONCE_BYTES + TIME_BYTES);
      if (!timingSafeEqual(macOf(body), mac)) {
        return fail(failure('challenge_invalid', `this challenge is not of here. ${remedy}`));
      }
      if (body.readBigUInt64BE(NONCE_BYTES) >= BigInt(nowMs)) return succeed(undefined);
      return fail(failure('challenge_invalid', `this challenge has expired. ${remedy}`));
    },
  };
}
