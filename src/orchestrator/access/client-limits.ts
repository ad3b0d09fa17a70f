// How often and how much strangers may ask: by address range, because keys cost nothing, and by
// session, so that one agent does not take the turns of its neighbours. Pure: time is given.
import { failure, type Failure } from '../../domain/failure.ts';
import type { SessionId } from '../../domain/ids.ts';
import {
  CALLS_BURST,
  CALLS_PER_SECOND,
  CHALLENGES_BURST,
  CHALLENGES_PER_SECOND,
  CROWD_TESTS_BURST,
  CROWD_TESTS_PER_SECOND,
  ENTRIES_BURST,
  ENTRIES_PER_SECOND,
  JOINS_BURST,
  JOINS_PER_SECOND,
  PUT_BYTES_BURST,
  PUT_BYTES_PER_SECOND,
  REPORTED_BYTES_BURST,
  REPORTED_BYTES_PER_SECOND,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { AddressRange } from './address-range.ts';
import { rateLimit, type Rate, type RateLimit } from './rate-limit.ts';

/** Who calls, and when. A null range is exempt from all of these. */
export type Calling = { readonly range: AddressRange | null; readonly nowMs: number };

/** Each takes its share or fails with "rate_limited", saying when to come again. */
export type ClientLimits = {
  challenge(by: Calling): Outcome<void>;
  join(by: Calling): Outcome<void>;
  /** A call of a session that is known. */
  call(session: SessionId, by: Calling): Outcome<void>;
  /** A report of so many bytes. */
  report(bytes: number, by: Calling): Outcome<void>;
  crowdTest(by: Calling): Outcome<void>;
  /** A block of so many bytes. */
  put(bytes: number, by: Calling): Outcome<void>;
  /** An entry for the record: whoever takes one verifies a signature and writes it for ever. */
  entry(by: Calling): Outcome<void>;
};

export type ClientRates = {
  readonly challenges: Rate;
  readonly joins: Rate;
  readonly calls: Rate;
  readonly reportedBytes: Rate;
  readonly putBytes: Rate;
  readonly crowdTests: Rate;
  readonly entries: Rate;
};

/** The rates of limits.ts. */
export const CLIENT_RATES: ClientRates = {
  challenges: { perSecond: CHALLENGES_PER_SECOND, burst: CHALLENGES_BURST },
  joins: { perSecond: JOINS_PER_SECOND, burst: JOINS_BURST },
  calls: { perSecond: CALLS_PER_SECOND, burst: CALLS_BURST },
  reportedBytes: { perSecond: REPORTED_BYTES_PER_SECOND, burst: REPORTED_BYTES_BURST },
  putBytes: { perSecond: PUT_BYTES_PER_SECOND, burst: PUT_BYTES_BURST },
  crowdTests: { perSecond: CROWD_TESTS_PER_SECOND, burst: CROWD_TESTS_BURST },
  entries: { perSecond: ENTRIES_PER_SECOND, burst: ENTRIES_BURST },
};

const ALLOWED = succeed(undefined);

export function clientLimits(rates: ClientRates = CLIENT_RATES): ClientLimits {
  const challenges = rateLimit(rates.challenges);
  const joins = rateLimit(rates.joins);
  const calls = rateLimit(rates.calls);
  const reportedBytes = rateLimit(rates.reportedBytes);
  const putBytes = rateLimit(rates.putBytes);
  const crowdTests = rateLimit(rates.crowdTests);
  const entries = rateLimit(rates.entries);
  return {
    challenge: (by) => take(challenges, by, 'challenges from this address range'),
    join: (by) => take(joins, by, 'agents join from this address range'),
    call(session, { range, nowMs }) {
      if (range === null) return ALLOWED;
      return answer(calls.take(session, nowMs), 'calls of this session');
    },
    report: (bytes, by) => take(reportedBytes, by, 'reported bytes from this address range', bytes),
    crowdTest: (by) => take(crowdTests, by, 'crowd tests from this address range'),
    put: (bytes, by) => take(putBytes, by, 'stored bytes from this address range', bytes),
    entry: (by) => take(entries, by, 'entries from this address range'),
  };
}

function take(
  limit: RateLimit,
  { range, nowMs }: Calling,
  what: string,
  count?: number,
): Outcome<void> {
  return range === null ? ALLOWED : answer(limit.take(range, nowMs, count), what);
}

function answer(waitMs: number, what: string): Outcome<void> {
  return waitMs === 0 ? ALLOWED : fail(rateLimited(what, waitMs));
}

function rateLimited(what: string, waitMs: number): Failure {
  const seconds = Math.ceil(waitMs / 1000);
  const text = `there are more ${what} than may be`;
  return failure('rate_limited', `${text}. Come again in ${seconds} s.`, waitMs);
}
