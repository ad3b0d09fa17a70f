// Token buckets: each key may take so much a second, and so much at once after a rest.
import { RATE_KEYS_MAX } from '../../domain/limits.ts';

/** What is allowed of some unit: so many a second in the long run, `burst` of them at once. */
export type Rate = { readonly perSecond: number; readonly burst: number };

export type RateLimit = {
  /**
   * Takes `count`, at most a burst, from a key's bucket; gives 0, or for how many milliseconds to
   * wait where the bucket has not enough, and then takes nothing.
   */
  take(key: string, nowMs: number, count?: number): number;
  /** Buckets remembered. */
  readonly size: number;
};

/**
 * Makes a limit that remembers `keysMax` keys at most; those not heard of for longest are forgotten
 * first, and begin with a full bucket if they come again.
 *
 * A bucket is one number: the instant at which it will be full again. Keys lie in two halves: when
 * the young one is full it becomes the old one, whose keys are gone unless they were used since.
 * So a call costs one or two look-ups, and no list has to be kept.
 */
export function rateLimit({ perSecond, burst }: Rate, keysMax = RATE_KEYS_MAX): RateLimit {
  const halfMax = Math.max(1, Math.floor(keysMax / 2));
  const emptyMs = (burst / perSecond) * 1000;
  let young = new Map<string, number>();
  let old = new Map<string, number>();

  return {
    take(key, nowMs, count = 1) {
      const fullAtMs = young.get(key) ?? old.get(key) ?? nowMs;
      // A bucket lacks as much as the time until it is full gives; never more than it holds, also
      // where the clock was set back.
      const lackMs = Math.min(emptyMs, Math.max(0, fullAtMs - nowMs));
      const nextMs = lackMs + (count / perSecond) * 1000;
      const waitMs = Math.ceil(nextMs - emptyMs);
      const isGranted = waitMs <= 0;
      if (young.size >= halfMax && !young.has(key)) {
        old = young;
        young = new Map();
      }
      old.delete(key);
      young.set(key, nowMs + (isGranted ? nextMs : lackMs));
      return isGranted ? 0 : waitMs;
    },
    get size() {
      return young.size + old.size;
    },
  };
}
