import { Code, ConnectError } from '@connectrpc/connect';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_CODES, failure } from '../domain/failure.ts';
import { IDLE_REASONS } from '../domain/idle.ts';
import { parseSessionId } from '../domain/ids.ts';
import * as limits from '../domain/limits.ts';
import type { Report } from '../domain/report.ts';
import { DTYPES } from '../domain/tensor.ts';
import * as wire from './index.ts';
import { sampleCapability, sampleSpecs, sampleTasks, sampleView } from './sample-words.contract.ts';
import { validateMessage } from './validation.ts';

const session = parseSessionId(`session_${'A'.repeat(43)}`);
if (!session.ok) throw new Error('the sample session id is wrong');

describe('domain words come back as they were sent', () => {
  it('tasks, with each stage sent once', () => {
    const sent = wire.leasedTasksToWire(sampleTasks);
    expect(sent.works).toHaveLength(2);
    const bytes = toBinary(
      wire.LeaseTasksResponseSchema,
      create(wire.LeaseTasksResponseSchema, sent),
    );
    const received = wire.leasedTasksFromWire(fromBinary(wire.LeaseTasksResponseSchema, bytes));
    expect(received).toEqual({ ok: true, value: sampleTasks });
  });

  it('capabilities', () => {
    const sent = wire.capabilityToWire(sampleCapability);
    expect(wire.capabilityFromWire(sent)).toEqual({ ok: true, value: sampleCapability });
  });

  it.each(sampleSpecs)('job spec $name', (spec) => {
    expect(wire.jobSpecFromWire(wire.jobSpecToWire(spec))).toEqual({ ok: true, value: spec });
  });

  it('job views', () => {
    expect(wire.jobFromWire(wire.jobToWire(sampleView))).toEqual({ ok: true, value: sampleView });
  });

  it.each(DTYPES)('tensors of %s', (dtype) => {
    const tensor = {
      dtype,
      shape: [0, 3],
      source: { kind: 'inline', bytes: new Uint8Array() },
    } as const;
    expect(wire.tensorRefFromWire(wire.tensorRefToWire(tensor))).toEqual({
      ok: true,
      value: tensor,
    });
  });

  it('reports, as signed bytes', () => {
    const report: Report = {
      session: session.value,
      results: sampleTasks.map(({ lease }, index) => ({
        lease,
        result:
          index === 0
            ? { kind: 'failed', failure: failure('out_of_memory', 'too large') }
            : {
                kind: 'output',
                output: [
                  {
                    dtype: 'int32',
                    shape: [1],
                    source: { kind: 'inline', bytes: Uint8Array.of(1, 2, 3, 4) },
                  },
                ],
              },
        computeMs: 12,
        backend: 'wasm',
      })),
    };
    expect(wire.reportFromBytes(wire.reportToBytes(report))).toEqual({ ok: true, value: report });
  });

  it('takes an output that does not parse as the fault of its result alone', () => {
    const results = sampleTasks.slice(0, 2).map(({ lease }, index) => {
      const source = { kind: 'inline', bytes: new Uint8Array(7 + index) } as const;
      const output = [{ dtype: 'float32', shape: [2], source } as const];
      return { lease, result: { kind: 'output', output }, computeMs: 1, backend: 'wasm' } as const;
    });
    const bytes = wire.reportToBytes({ session: session.value, results });
    const message = wire.reportMessageFromBytes(bytes);
    const received = message.ok ? wire.reportFromWire(message.value) : message;
    const reason = expect.stringContaining('8 bytes by its shape carries 7');
    expect(received).toMatchObject({
      value: { results: [{ result: { kind: 'malformed', reason } }, results[1]] },
    });
  });

  it.each(IDLE_REASONS)('idle reason %s', (reason) => {
    expect(wire.idleReasonFromWire(wire.idleReasonToWire(reason))).toBe(reason);
  });

  it.each(FAILURE_CODES)('failure %s, with its words and wait', (code) => {
    const cause = failure(code, 'what was wrong, and the remedy', 250);
    expect(wire.failureFromConnect(wire.failureToConnect(cause))).toEqual(cause);
  });
});

describe('hostile bytes', () => {
  it('are refused without a throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const report = wire.reportFromBytes(bytes);
        const claim = wire.joinClaimFromBytes(bytes);
        return !report.ok && !claim.ok;
      }),
    );
  });

  it.each([
    ['one byte short', [2], 7, 'shape_mismatch'],
    ['one byte long', [2], 9, 'shape_mismatch'],
    ['over the inline limit', [limits.INLINE_TENSOR_BYTES_MAX / 4 + 1], 65_540, 'limit_exceeded'],
    ['of too many dimensions', [1, 1, 1, 1, 1, 1, 1, 1, 1], 4, 'limit_exceeded'],
    ['of too many elements', [2 ** 40, 2], 4, 'limit_exceeded'],
  ] as const)('inline tensor %s is refused', (_, shape, byteLength, code) => {
    const message = wire.tensorRefToWire({
      dtype: 'float32',
      shape,
      source: { kind: 'inline', bytes: new Uint8Array(byteLength) },
    });
    expect(wire.tensorRefFromWire(message)).toMatchObject({ ok: false, failure: { code } });
  });

  it('a dimension above 2^53 is refused, not rounded', () => {
    const message = create(wire.TensorRefSchema, {
      dtype: 1,
      shape: [2n ** 60n],
      source: { case: 'inline', value: new Uint8Array() },
    });
    expect(wire.tensorRefFromWire(message)).toMatchObject({
      ok: false,
      failure: { code: 'input_invalid' },
    });
  });

  it('an operator outside the set is named', () => {
    const message = create(wire.JobSpecSchema, {
      name: 'sums',
      workload: {
        case: 'operators',
        value: { nodes: [{ operator: 'eval', inputs: ['A'], output: 'B' }], outputs: ['B'] },
      },
    });
    const outcome = wire.jobSpecFromWire(message);
    expect(outcome).toMatchObject({
      ok: false,
      failure: {
        code: 'operator_unsupported',
        message: expect.stringContaining('"eval"'),
      },
    });
  });

  it('errors of other servers map to the nearest failure', () => {
    expect(wire.failureFromConnect(new ConnectError('gone', Code.Unavailable)).code).toBe(
      'unavailable',
    );
    expect(wire.failureFromConnect(new TypeError('fetch failed')).code).toBe('unavailable');
    const tooLarge = new ConnectError('message too large', Code.ResourceExhausted);
    expect(wire.failureFromConnect(tooLarge).code).toBe('limit_exceeded');
  });
});

describe('rules in the protos', () => {
  const { INLINE_TENSOR_BYTES_MAX, LEASES_PER_CALL_MAX, LONG_POLL_MS, PAGE_SIZE_MAX } = limits;
  const sessionId = session.value;
  const lease = (maxTasks: number, waitMs: number) =>
    validateMessage(
      wire.LeaseTasksRequestSchema,
      create(wire.LeaseTasksRequestSchema, { sessionId, maxTasks, waitMs }),
    ).ok;
  const inline = (bytes: number) =>
    validateMessage(
      wire.TensorRefSchema,
      create(wire.TensorRefSchema, {
        dtype: 1,
        source: { case: 'inline', value: new Uint8Array(bytes) },
      }),
    ).ok;
  const page = (pageSize: number) =>
    validateMessage(wire.ListJobsRequestSchema, create(wire.ListJobsRequestSchema, { pageSize }))
      .ok;

  it.each([
    ['leases a call', lease(LEASES_PER_CALL_MAX, 0), lease(LEASES_PER_CALL_MAX + 1, 0)],
    ['tasks wanted', lease(1, 0), lease(0, 0)],
    ['long poll', lease(1, LONG_POLL_MS), lease(1, LONG_POLL_MS + 1)],
    ['inline bytes', inline(INLINE_TENSOR_BYTES_MAX), inline(INLINE_TENSOR_BYTES_MAX + 1)],
    ['page size', page(PAGE_SIZE_MAX), page(PAGE_SIZE_MAX + 1)],
  ])('stand at the limit of domain/limits.ts: %s', (_, at, beyond) => {
    expect([at, beyond]).toEqual([true, false]);
  });

  it('refuse an empty claim, a short signature and an id of another form', () => {
    const join = create(wire.JoinRequestSchema, { signature: new Uint8Array(63) });
    expect(validateMessage(wire.JoinRequestSchema, join)).toMatchObject({ ok: false });
    const get = create(wire.GetJobRequestSchema, { jobId: 'job_1' });
    const outcome = validateMessage(wire.GetJobRequestSchema, get);
    expect(outcome.ok ? '' : outcome.failure.message).toContain('job_id');
  });
});
