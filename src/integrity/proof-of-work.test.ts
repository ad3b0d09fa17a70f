import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findWork, isWorkDone, WORK_NONCE_BYTES, type WorkSubject } from './proof-of-work.ts';

const bytes = (count: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, index) => (index * 37 + seed) & 255);

function subjectOf(challengeBytes: number, seed = 1): WorkSubject {
  return { challenge: bytes(challengeBytes, seed), publicKey: bytes(32, seed + 1) };
}

/** By another implementation. */
function zeroBits({ challenge, publicKey }: WorkSubject, nonce: Uint8Array): number {
  const hash = createHash('sha256').update(challenge).update(publicKey).update(nonce).digest();
  const bits = Array.from(hash, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.indexOf('1');
}

function solve(subject: WorkSubject, bits: number): { nonce: Uint8Array; slices: number } {
  const search = findWork(subject, { bits, tries: 16 });
  for (let slices = 0; ; slices++) {
    const step = search.next();
    if (step.done === true) return { nonce: step.value, slices };
  }
}

describe('isWorkDone', () => {
  // Lengths on both sides of where a block ends.
  it.each([0, 15, 16, 23, 24, 31, 32, 57, 58, 79, 80, 128])(
    'agrees with another SHA-256 where the challenge has %i bytes',
    (challengeBytes) => {
      const subject = subjectOf(challengeBytes);
      for (let seed = 0; seed < 50; seed++) {
        const nonce = bytes(WORK_NONCE_BYTES, seed);
        const worth = zeroBits(subject, nonce);
        expect(isWorkDone(subject, nonce, worth)).toBe(true);
        expect(isWorkDone(subject, nonce, worth + 1)).toBe(false);
      }
    },
  );

  it.each([0, 7, 9])('refuses a nonce of %i bytes', (count) => {
    expect(isWorkDone(subjectOf(58), new Uint8Array(count), 0)).toBe(false);
  });
});

describe('findWork', () => {
  it.each([0, 1, 8, 12])('finds a nonce that is worth %i bits', (bits) => {
    const { nonce } = solve(subjectOf(58), bits);
    expect(zeroBits(subjectOf(58), nonce)).toBeGreaterThanOrEqual(bits);
  });

  it('finds none that serves another challenge or key', () => {
    const { nonce } = solve(subjectOf(58), 12);
    const { challenge, publicKey } = subjectOf(58, 9);
    expect(isWorkDone({ ...subjectOf(58), publicKey }, nonce, 12)).toBe(false);
    expect(isWorkDone({ ...subjectOf(58), challenge }, nonce, 12)).toBe(false);
  });

  it('rests after so many tries', () => {
    expect(solve(subjectOf(58), 10).slices).toBeGreaterThan(1);
    const search = findWork(subjectOf(58), { bits: 60, tries: 3 });
    expect(search.next()).toEqual({ done: false, value: null });
  });
});
