import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as limits from '../domain/limits.ts';
import * as wire from './index.ts';
import { readQuickReport } from './quick-report.ts';
import { keepsRules } from './quick-rules.ts';
import { validateMessage, validateByRules } from './validation.ts';

const SESSION = `session_${'A'.repeat(43)}`;
const LEASE = `lease_${'0'.repeat(26)}`;

/** What a stranger may write into the fields of a report, right or wrong. */
type AnyReport = { sessionId: string; results: AnyResult[] };
type AnyResult = { leaseId: string; result: AnyOutcome; computeMs: number; backend: number };
type AnyOutcome =
  | { case: undefined }
  | { case: 'outputs'; value: { tensors: AnyTensor[] } }
  | { case: 'failure'; value: { code: string; message: string } };
type AnyTensor = { dtype: number; shape: bigint[]; source: AnySource };
type AnySource =
  | { case: undefined }
  | { case: 'inline'; value: Uint8Array }
  | { case: 'blob'; value: { contentId: string; byteOffset: bigint } };

/** Mostly what is right, and at times what is not. */
function mostly<T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 24, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

const sessionIds = mostly(
  fc.constant(SESSION),
  fc.constantFrom(
    '',
    SESSION.slice(1),
    `${SESSION}A`,
    SESSION.replace('A', '+'),
    `\uFEFF${SESSION}`,
  ),
);
const leaseIds = mostly(
  fc.constant(LEASE),
  fc.constantFrom(
    '',
    `${LEASE}0`,
    LEASE.replace('0', 'l'),
    LEASE.replace('0', 'é'),
    `\uFEFF${LEASE}`,
  ),
);
const around = (limit: number) => fc.constantFrom(0, 1, limit - 1, limit, limit + 1);
const tensors: fc.Arbitrary<AnyTensor> = fc.record({
  dtype: mostly(fc.integer({ min: 1, max: 11 }), fc.constantFrom(0, 12, 300)),
  shape: mostly<bigint[]>(
    fc.constantFrom([1n, 1n], [2n], [], [0n, 3n]),
    fc.constantFrom(
      many(8, 1n),
      many(9, 1n),
      [2n ** 40n, 0n],
      [2n ** 40n + 1n, 0n],
      [2n ** 40n, 2n, 0n],
      [2n ** 40n, 2n],
      [2n ** 63n],
    ),
  ),
  source: mostly<AnySource>(
    fc.constantFrom(4, 8, 0, 1, 2, 16).map(inline),
    fc.constantFrom<AnySource>(
      { case: undefined },
      { case: 'blob', value: { contentId: `bafkrei${'a'.repeat(52)}`, byteOffset: 1n } },
      inline(limits.INLINE_TENSOR_BYTES_MAX + 1),
    ),
  ),
});
const results: fc.Arbitrary<AnyResult> = fc.record({
  leaseId: leaseIds,
  result: mostly<AnyOutcome>(
    fc.array(tensors, { minLength: 0, maxLength: 3 }).map(outputs),
    fc.constantFrom<AnyOutcome>(
      { case: undefined },
      { case: 'failure', value: { code: 'out_of_memory', message: 'too large' } },
      outputs(many(limits.STAGE_TENSORS_MAX, sampleTensor())),
      outputs(many(limits.STAGE_TENSORS_MAX + 1, sampleTensor())),
    ),
  ),
  computeMs: mostly(fc.constantFrom(0, 1, 127, 128, 70_000), around(limits.COMPUTE_MS_MAX)),
  backend: mostly(fc.constantFrom(1, 2), fc.constantFrom(0, 3, 200)),
});
const reports: fc.Arbitrary<AnyReport> = fc.record({
  sessionId: sessionIds,
  results: mostly<AnyResult[]>(
    fc.array(results, { minLength: 1, maxLength: 4 }),
    fc.constantFrom<AnyResult[]>([], many(64, sampleResult()), many(65, sampleResult())),
  ),
});

describe('reports read in one pass', () => {
  it('are those that the general parser and the rules take, and come to the same', () => {
    let taken = 0;
    fc.assert(
      fc.property(reports, (report) => {
        const bytes = bytesOf(report);
        const quick = readQuickReport(bytes);
        const general = parseGenerally(bytes);
        if (quick === null) {
          // What it leaves is wrong, malformed, or no output held in the message.
          return !general.ok || general.value.results.some(({ result }) => !isInline(result));
        }
        taken += 1;
        expect({ ok: true, value: quick }).toEqual(general);
        return true;
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  it('are taken by neither when cut short, or with a byte changed to what neither takes', () => {
    const sample = bytesOf({ sessionId: SESSION, results: many(2, sampleResult()) });
    fc.assert(
      fc.property(
        fc.nat(sample.byteLength - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, byte, cut) => {
          const bytes = cut ? sample.slice(0, at) : sample.with(at, byte);
          const quick = readQuickReport(bytes);
          // Where it takes nothing, the general parser decides.
          const general = quick === null ? quick : parseGenerally(bytes);
          expect(quick === null ? null : { ok: true, value: quick }).toEqual(general);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('are none of random bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => readQuickReport(bytes) === null));
  });
});

describe('rules kept by hand', () => {
  it('know every field: a new one has to be looked at here', () => {
    const { LeaseTasksRequestSchema, HeartbeatRequestSchema, ReportResultsRequestSchema } = wire;
    const fieldsOf = ({ fields }: { readonly fields: readonly { readonly name: string }[] }) =>
      fields.map(({ name }) => name);
    expect(fieldsOf(LeaseTasksRequestSchema)).toEqual(['session_id', 'max_tasks', 'wait_ms']);
    expect(fieldsOf(HeartbeatRequestSchema)).toEqual([
      'session_id',
      'leases',
      'withdrawn_lease_ids',
    ]);
    expect(fieldsOf(ReportResultsRequestSchema)).toEqual(['report', 'signature', 'max_tasks']);
    expect(fieldsOf(wire.ReportSchema)).toEqual(['session_id', 'results']);
    const inReport = wire.ReportSchema.fields[1]?.message;
    expect(inReport === undefined ? [] : fieldsOf(inReport)).toEqual([
      'lease_id',
      'outputs',
      'failure',
      'compute_ms',
      'backend',
    ]);
    expect(fieldsOf(wire.TensorRefSchema)).toEqual(['dtype', 'shape', 'inline', 'blob']);
  });

  it('for LeaseTasks are those of the proto', () => {
    const requests = fc.record({
      sessionId: sessionIds,
      maxTasks: around(limits.LEASES_PER_CALL_MAX),
      waitMs: around(limits.LONG_POLL_MS),
    });
    expectAgreement(wire.LeaseTasksRequestSchema, requests);
  });

  it('for Heartbeat are those of the proto', () => {
    const progress = fc.record({ leaseId: leaseIds, rowsDone: fc.constantFrom(0n, 2n ** 60n) });
    const leases = mostly(
      fc.array(progress, { maxLength: 3 }),
      fc.constantFrom(256, 257).map((count) => many(count, { leaseId: LEASE, rowsDone: 1n })),
    );
    const withdrawnLeaseIds = mostly(
      fc.array(leaseIds, { maxLength: 3 }),
      fc.constantFrom(256, 257).map((count) => many(count, LEASE)),
    );
    const requests = fc.record({ sessionId: sessionIds, leases, withdrawnLeaseIds });
    expectAgreement(wire.HeartbeatRequestSchema, requests);
  });

  it('for ReportResults are those of the proto', () => {
    const sized = (size: number) => new Uint8Array(size);
    const requests = fc.record({
      report: fc
        .constantFrom(0, 1, limits.REPORT_BYTES_MAX, limits.REPORT_BYTES_MAX + 1)
        .map(sized),
      signature: fc.constantFrom(0, 63, 64, 65).map(sized),
      maxTasks: around(limits.LEASES_PER_CALL_MAX),
    });
    expectAgreement(wire.ReportResultsRequestSchema, requests);
  });
});

/** Both sides of each limit, and the same said of each. */
function expectAgreement<Desc extends Parameters<typeof validateMessage>[0]>(
  schema: Desc,
  requests: fc.Arbitrary<MessageInitShape<Desc>>,
): void {
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(requests, (request) => {
      const message = create(schema, request);
      const byRules = validateByRules(schema, message).ok;
      seen.add(byRules);
      return keepsRules(schema, message) === byRules;
    }),
    { numRuns: 500 },
  );
  expect(seen).toEqual(new Set([true, false]));
}

function parseGenerally(bytes: Uint8Array) {
  const message = wire.reportMessageFromBytes(bytes);
  if (!message.ok) return message;
  const valid = validateMessage(wire.ReportSchema, message.value);
  return valid.ok ? wire.reportFromWire(valid.value) : valid;
}

function isInline(result: wire.ReceivedResult['result']): boolean {
  if (result.kind !== 'output') return false;
  return result.output.every(({ source }) => source.kind === 'inline');
}

/** Its fields may hold numbers that no enum has: that is what is tried. */
function bytesOf(report: AnyReport): Uint8Array {
  const message = create(wire.ReportSchema, report as MessageInitShape<typeof wire.ReportSchema>);
  return toBinary(wire.ReportSchema, message);
}

function inline(size: number): AnySource {
  return { case: 'inline', value: new Uint8Array(size) };
}

function outputs(list: AnyTensor[]): AnyOutcome {
  return { case: 'outputs', value: { tensors: list } };
}

function sampleTensor(): AnyTensor {
  return { dtype: 1, shape: [1n], source: inline(4) };
}

function sampleResult(): AnyResult {
  return { leaseId: LEASE, result: outputs([sampleTensor()]), computeMs: 1, backend: 2 };
}

function many<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}
