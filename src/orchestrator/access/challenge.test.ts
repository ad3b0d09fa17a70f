import { describe, expect, it } from 'vitest';
import { CHALLENGE_MS } from '../../domain/limits.ts';
import { makeChallenges } from './challenge.ts';

const challenges = makeChallenges();
const nowMs = 1_000_000;
const publicKey = new Uint8Array(32).fill(1);
const other = new Uint8Array(32).fill(2);
const INVALID = { ok: false, failure: { code: 'challenge_invalid' } };

const forAnybody = challenges.issue(nowMs, { publicKey: null, workBits: 0 });
const forOne = challenges.issue(nowMs, { publicKey, workBits: 18 });

describe('makeChallenges', () => {
  it.each([
    ['for anybody', forAnybody, 0],
    ['for one key', forOne, 18],
  ])('takes its own %s until they expire, and tells their work', (_, challenge, bits) => {
    expect(challenges.check(challenge, { nowMs, publicKey })).toEqual({ ok: true, value: bits });
    const last = { nowMs: nowMs + CHALLENGE_MS, publicKey };
    expect(challenges.check(challenge, last)).toMatchObject({ ok: true });
    const late = { nowMs: nowMs + CHALLENGE_MS + 1, publicKey };
    expect(challenges.check(challenge, late)).toMatchObject(INVALID);
  });

  it('takes one for a key from nobody else', () => {
    expect(challenges.check(forOne, { nowMs, publicKey: other })).toMatchObject(INVALID);
    expect(challenges.check(forAnybody, { nowMs, publicKey: other })).toMatchObject({ ok: true });
  });

  // Nonce, expiry, bits of work, whether a key is named, MAC.
  it.each([0, 16, 23, 24, 25, 26, 57])('refuses one whose byte %i was changed', (at) => {
    const forged = forOne.slice();
    forged[at] = (forged[at] ?? 0) ^ 1;
    expect(challenges.check(forged, { nowMs, publicKey })).toMatchObject(INVALID);
  });

  it('refuses what is too short, and those of another process', () => {
    const by = { nowMs, publicKey };
    expect(challenges.check(forOne.slice(1), by)).toMatchObject(INVALID);
    const foreign = makeChallenges().issue(nowMs, { publicKey, workBits: 0 });
    expect(challenges.check(foreign, by)).toMatchObject(INVALID);
  });
});
