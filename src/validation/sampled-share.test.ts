import { describe, expect, it } from 'vitest';
import {
  FULLY_CHECKED_RESULTS,
  SAMPLED_SHARE_MIN,
  STAGE_CHECKS,
  TRUSTED_SHARE,
} from '../domain/limits.ts';
import { randomStream } from '../domain/random.ts';
import { sampledShare } from './sampled-share.ts';

const LONG = 1e6;

describe('the share of rows that is drawn', () => {
  it.each([
    { of: 'a new key', record: 0, trusted: false, share: 1 },
    { of: 'the last full one', record: FULLY_CHECKED_RESULTS, trusted: false, share: 1 },
    { of: 'twice that', record: 2 * FULLY_CHECKED_RESULTS, trusted: false, share: 1 / 2 },
    { of: 'a long record', record: 1e9, trusted: false, share: SAMPLED_SHARE_MIN },
    { of: 'a new registered key', record: 0, trusted: true, share: TRUSTED_SHARE },
    { of: 'a registered one of long standing', record: 1e9, trusted: true, share: 1 / 32 },
  ])('of $of is $share in a long stage', ({ record, trusted, share }) => {
    expect(sampledShare({ record, trusted, resultsOfStage: LONG })).toBe(share);
  });

  it.each([
    { resultsOfStage: 0, share: 1 },
    { resultsOfStage: STAGE_CHECKS, share: 1 },
    { resultsOfStage: 4 * STAGE_CHECKS, share: 1 / 4 },
    { resultsOfStage: STAGE_CHECKS / SAMPLED_SHARE_MIN + 1, share: SAMPLED_SHARE_MIN },
  ])('of keys that give $resultsOfStage results of a stage is $share', (of) => {
    for (const trusted of [false, true]) {
      const { resultsOfStage } = of;
      expect(sampledShare({ record: 1e9, trusted, resultsOfStage })).toBe(of.share);
    }
  });

  it('lets at most one of FULLY_CHECKED_RESULTS results of a turncoat escape on average', () => {
    const random = randomStream(7, 'turncoats');
    for (const honest of [0, 64, 128, 512, 1024]) {
      let escaped = 0;
      const keys = 4000;
      for (let key = 0; key < keys; key++) {
        for (let record = honest; ; record++) {
          const share = sampledShare({ record, trusted: false, resultsOfStage: LONG });
          if (random.nextUnit() < share) break;
          escaped++;
        }
      }
      // A mean of a geometric count, with four times its standard error.
      const bound = Math.max(0, honest / FULLY_CHECKED_RESULTS) * (1 + 4 / Math.sqrt(keys)) + 0.3;
      expect(escaped / keys).toBeLessThanOrEqual(bound);
    }
  });

  it.each([1, 2, 4, 8, 16, 64])(
    'lets no more of %i lies in a stage be sealed, on average, than the declared bound',
    (lies) => {
      const random = randomStream(lies, 'patient');
      const stages = 20_000;
      for (const resultsOfStage of [200, 400, 2_000]) {
        const share = sampledShare({ record: 1e9, trusted: false, resultsOfStage });
        let sealed = 0;
        for (let stage = 0; stage < stages; stage++) {
          let found = 0;
          for (let lie = 0; lie < lies; lie++) found += random.nextUnit() < share ? 1 : 0;
          if (found === 0) sealed += lies;
        }
        const bound = resultsOfStage / (Math.E * STAGE_CHECKS);
        const standardError = lies / (2 * Math.sqrt(stages));
        expect(sealed / stages).toBeLessThanOrEqual(bound + 4 * standardError);
      }
    },
  );
});
