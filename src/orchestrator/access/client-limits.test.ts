import { describe, expect, it } from 'vitest';
import type { SessionId } from '../../domain/ids.ts';
import { addressRangeOf } from './address-range.ts';
import { clientLimits, type Calling, type ClientLimits } from './client-limits.ts';

const once = { perSecond: 1, burst: 1 };
const limitsOfOne = (): ClientLimits =>
  clientLimits({
    ...{ challenges: once, joins: once, calls: once },
    ...{ reportedBytes: once, putBytes: once, crowdTests: once, entries: once },
  });
const from = (address: string, nowMs = 0): Calling => ({ range: addressRangeOf(address), nowMs });
const session = 'session_a' as SessionId;

type Take = (limits: ClientLimits, by: Calling) => ReturnType<ClientLimits['join']>;
const BY_RANGE: readonly [string, Take, RegExp][] = [
  ['challenges', (limits, by) => limits.challenge(by), /challenges from this address range/],
  ['joins', (limits, by) => limits.join(by), /agents join from this address range/],
  ['reported bytes', (limits, by) => limits.report(1, by), /reported bytes from this address/],
  ['crowd tests', (limits, by) => limits.crowdTest(by), /crowd tests from this address range/],
  ['stored bytes', (limits, by) => limits.put(1, by), /stored bytes from this address/],
];

describe('clientLimits', () => {
  it.each(BY_RANGE)('holds an address range to its rate of %s', (_, take, what) => {
    const limits = limitsOfOne();
    expect(take(limits, from('203.0.113.1')).ok).toBe(true);
    expect(take(limits, from('203.0.113.2'))).toMatchObject({
      ok: false,
      failure: {
        code: 'rate_limited',
        message: expect.stringMatching(what),
        retryAfterMs: 1_000,
      },
    });
    expect(take(limits, from('203.0.114.1')).ok).toBe(true);
    expect(take(limits, from('203.0.113.1', 999)).ok).toBe(false);
    expect(take(limits, from('203.0.113.1', 1_000)).ok).toBe(true);
  });

  it('holds a session to its rate of calls, wherever it calls from', () => {
    const limits = limitsOfOne();
    expect(limits.call(session, from('203.0.113.1')).ok).toBe(true);
    expect(limits.call(session, from('198.51.100.1'))).toMatchObject({
      ok: false,
      failure: { code: 'rate_limited', message: expect.stringContaining('calls of this session') },
    });
    expect(limits.call('session_b' as SessionId, from('203.0.113.1')).ok).toBe(true);
  });

  const ALL: typeof BY_RANGE = [
    ...BY_RANGE,
    ['calls', (limits, by) => limits.call(session, by), /calls of this session/],
  ];
  it.each(ALL)('lets those who are exempt have as many %s as they like', (_, take) => {
    const limits = limitsOfOne();
    const outcomes = Array.from({ length: 9 }, () => take(limits, { range: null, nowMs: 0 }).ok);
    expect(outcomes).not.toContain(false);
  });
});
