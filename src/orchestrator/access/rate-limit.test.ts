import { describe, expect, it } from 'vitest';
import { rateLimit } from './rate-limit.ts';

const rate = { perSecond: 2, burst: 4 };

describe('rateLimit', () => {
  it('lets a burst through, then so many a second', () => {
    const limit = rateLimit(rate);
    const waits = [0, 0, 0, 0, 0, 499, 500, 500, 2_999].map((nowMs) => limit.take('a', nowMs));
    expect(waits).toEqual([0, 0, 0, 0, 500, 1, 0, 500, 0]);
  });

  it('gives no more than a burst after a long rest', () => {
    const limit = rateLimit(rate);
    for (let count = 0; count < 4; count++) limit.take('a', 0);
    const waits = Array.from({ length: 5 }, () => limit.take('a', 1_000_000));
    expect(waits).toEqual([0, 0, 0, 0, 500]);
  });

  it('keeps keys apart', () => {
    const limit = rateLimit({ perSecond: 1, burst: 1 });
    expect([limit.take('a', 0), limit.take('b', 0), limit.take('a', 0)]).toEqual([0, 0, 1_000]);
  });

  it('takes several at once, or none of them', () => {
    const limit = rateLimit(rate);
    const waits = [3, 2, 1, 1].map((count) => limit.take('a', 0, count));
    expect(waits).toEqual([0, 500, 0, 500]);
    expect(rateLimit(rate).take('a', 0, 4)).toBe(0);
  });

  it('takes nothing where it refuses', () => {
    const limit = rateLimit(rate);
    limit.take('a', 0, 4);
    for (let count = 0; count < 100; count++) limit.take('a', 0);
    expect(limit.take('a', 500)).toBe(0);
  });

  it('lets nobody wait for a clock that was set back', () => {
    const limit = rateLimit({ perSecond: 1, burst: 1 });
    limit.take('a', 1_000_000);
    expect([0, 999, 1_000].map((nowMs) => limit.take('a', nowMs))).toEqual([1_000, 1, 0]);
  });

  it('remembers no more keys than it may, and forgets those used longest ago', () => {
    const limit = rateLimit({ perSecond: 1, burst: 1 }, 100);
    limit.take('busy', 0);
    limit.take('idle', 0);
    for (let count = 0; count < 10_000; count++) {
      limit.take(`stranger ${count}`, 0);
      if (count % 20 === 0) limit.take('busy', 0);
      expect(limit.size).toBeLessThanOrEqual(100);
    }
    expect(limit.take('busy', 0)).toBe(1_000);
    expect(limit.take('idle', 0)).toBe(0);
  });
});
