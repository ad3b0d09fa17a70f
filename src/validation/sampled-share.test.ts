import { describe, expect, it } from 'vitest';
import {
  CLOSING_CHECKS,
  FULLY_CHECKED_RESULTS,
  SAMPLED_SHARE_MIN,
  TRUSTED_SHARE,
} from '../domain/limits.ts';
import { randomStream } from '../domain/random.ts';
import { sampledShare } from './sampled-share.ts';

const FAR = 1e6;

describe('the share of rows that is drawn', () => {
  it.each([
    { of: 'a new key', record: 0, trusted: false, share: 1 },
    { of: 'the last full one', record: FULLY_CHECKED_RESULTS, trusted: false, share: 1 },
    { of: 'twice that', record: 2 * FULLY_CHECKED_RESULTS, trusted: false, share: 1 / 2 },
    { of: 'a long record', record: 1e9, trusted: false, share: SAMPLED_SHARE_MIN },
    { of: 'a new registered key', record: 0, trusted: true, share: TRUSTED_SHARE },
    { of: 'a registered one of long standing', record: 1e9, trusted: true, share: 1 / 32 },
  ])('of $of is $share', ({ record, trusted, share }) => {
    expect(sampledShare({ record, trusted, resultsToCome: FAR })).toBe(share);
  });

  it('is whole for the last results of a stage', () => {
    const record = 4 * FULLY_CHECKED_RESULTS;
    const last = CLOSING_CHECKS * 4;
    const share = (resultsToCome: number) =>
      sampledShare({ record, trusted: false, resultsToCome });
    expect(share(last)).toBe(1 / 4);
    expect(share(last - 0.001)).toBe(1);
    expect(share(0)).toBe(1);
  });

  it('lets at most one of FULLY_CHECKED_RESULTS results of a turncoat escape on average', () => {
    const random = randomStream(7, 'turncoats');
    for (const honest of [0, 64, 128, 512, 1024]) {
      let escaped = 0;
      const keys = 4000;
      for (let key = 0; key < keys; key++) {
        for (let record = honest; ; record++) {
          if (random.nextUnit() < sampledShare({ record, trusted: false, resultsToCome: FAR }))
            break;
          escaped++;
        }
      }
      // A mean of a geometric count, with four times its standard error.
      const bound = Math.max(0, honest / FULLY_CHECKED_RESULTS) * (1 + 4 / Math.sqrt(keys)) + 0.3;
      expect(escaped / keys).toBeLessThanOrEqual(bound);
    }
  });
});
