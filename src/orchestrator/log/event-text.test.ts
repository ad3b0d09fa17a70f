import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECK_NAMES } from '../../domain/checking.ts';
import type { SessionId } from '../../domain/ids.ts';
import type {
  Judgement,
  LeaseNumber,
  ReportedResult,
  SchedulerEvent,
  TaskNumber,
} from '../../scheduler/index.ts';
import { eventFromText, eventToText } from './event-text.ts';

// Numbers of leases and tasks begin with 0.
const lease = fc.nat(3).map((number) => (number * 2 ** 40) as LeaseNumber);
const task = fc.nat(3).map((number) => (number * 2 ** 40) as TaskNumber);
const text = fc.string({ unit: 'grapheme' });

const result: fc.Arbitrary<ReportedResult> = fc.record({
  lease,
  computeMs: fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => ms + 0),
  result: fc.oneof(
    fc.constant({ kind: 'output' as const }),
    fc.record({ kind: fc.constant('malformed' as const), reason: text }),
    fc.record({
      kind: fc.constant('failed' as const),
      failure: fc.record({ code: fc.constant('timeout' as const), message: text }),
    }),
  ),
});
const verdict = fc.oneof(
  fc.constant({ kind: 'accepted' as const }),
  fc.record({ kind: fc.constant('rejected' as const), reason: text }),
);
const judgement: fc.Arbitrary<Judgement> = fc.record(
  {
    task,
    verdicts: fc.array(fc.record({ lease, verdict }), { maxLength: 3 }),
    accepted: fc.option(lease),
    sampled: fc.constant(true as const),
    checks: fc.nat(2 ** CHECK_NAMES.length - 1),
  },
  { requiredKeys: ['task', 'verdicts', 'accepted'] },
);
/** As most are: one result, and accepted. */
const plain: fc.Arbitrary<Judgement> = fc.tuple(judgement, lease).map(([of, accepted]) => ({
  ...of,
  accepted,
  verdicts: [{ lease: accepted, verdict: { kind: 'accepted' as const } }],
}));

const atMs = fc.double({ min: 0, max: 4e12, noNaN: true }).map((ms) => ms + 0);
const session = `session_${'a'.repeat(43)}` as SessionId;
const event: fc.Arbitrary<SchedulerEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('results-reported' as const),
    atMs,
    session: fc.constant(session),
    results: fc.array(result),
  }),
  fc.record({
    kind: fc.constant('judged' as const),
    atMs,
    judgements: fc.array(fc.oneof(judgement, plain)),
  }),
  fc.record({
    kind: fc.constant('heartbeat' as const),
    atMs,
    session: fc.constant(session),
    leases: fc.array(lease),
  }),
);

describe('the text of an event', () => {
  it('gives the event back', () => {
    fc.assert(
      fc.property(event, (given) => {
        expect(eventFromText(eventToText(given))).toEqual(given);
      }),
      { numRuns: 1_000 },
    );
  });

  it('that is not in columns is read as well', () => {
    const given: SchedulerEvent = { kind: 'results-reported', atMs: 1, session, results: [] };
    expect(eventFromText(JSON.stringify(given))).toEqual(given);
  });
});
