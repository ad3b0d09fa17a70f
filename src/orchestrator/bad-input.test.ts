import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { USUAL_TERMS, type JobSpec } from '../domain/job.ts';
import type { LeaseId, SessionId } from '../domain/ids.ts';
import type { TaskReport } from '../domain/report.ts';
import { generateSigningKey, leafIdOf, publicKeyOf, signBytes } from '../integrity/index.ts';
import {
  failureFromConnect,
  joinClaimMessageFromBytes,
  JoinClaimSchema,
  joinClaimToBytes,
  jobSpecToWire,
  reportToBytes,
} from '../wire/index.ts';
import {
  CAPABILITY,
  floats,
  producerOf,
  startForTest,
  valueOf,
  volunteerAt,
  type Volunteer,
} from './volunteer.contract.ts';

const orchestrator = await startForTest();
const producer = producerOf(orchestrator);
const { url } = orchestrator;

async function refusalOf(call: Promise<unknown>) {
  const thrown: unknown = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(thrown).toBeInstanceOf(ConnectError);
  const { code, message } = failureFromConnect(thrown);
  return { code, message, status: ConnectError.from(thrown).code };
}

function graph(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    name: 'relu',
    workload: {
      kind: 'operators',
      inputs: [{ name: 'x', tensor: floats([4, 2], [1, -2, 3, -4, 5, -6, 7, -8]) }],
      nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
      outputs: ['y'],
    },
    ...USUAL_TERMS,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: 1,
    ...changes,
  };
}

let keys = 0;
function submit(spec: JobSpec) {
  keys += 1;
  return producer.jobs.submitJob({ idempotencyKey: `key ${keys}`, spec: jobSpecToWire(spec) });
}

describe('joining', () => {
  async function join(
    changes: {
      versions?: readonly number[];
      challenge?: Uint8Array;
      purpose?: string;
      lie?: string;
      at?: string;
    } = {},
  ) {
    const { agents } = await volunteerAt(changes.at ?? url);
    const key = valueOf(await generateSigningKey({ extractable: false }));
    const { challenge } = await agents.getChallenge({});
    const claim = joinClaimToBytes({
      publicKey: valueOf(publicKeyOf(key.agent)),
      challenge: changes.challenge ?? challenge,
      versions: changes.versions ?? [1],
      capability: CAPABILITY,
      conformance: [],
      lie: changes.lie ?? null,
    });
    const purpose = changes.purpose ?? 'join';
    return agents.join({ claim, signature: await signBytes(key, { purpose, bytes: claim }) });
  }

  it('succeeds with a claim in order', async () => {
    expect(await join({ versions: [1, 99] })).toMatchObject({ version: 1 });
  });

  it('is refused for a liar, but by a sandbox', async () => {
    expect(await refusalOf(join({ lie: 'one-element' }))).toEqual({
      code: 'sandbox_only',
      message: expect.stringContaining('start --sandbox'),
      status: Code.PermissionDenied,
    });
    expect(await join()).toMatchObject({ sandbox: false, canary: false });
    const { url: at } = await startForTest({ sandbox: true });
    expect(await join({ at, lie: 'one-element' })).toMatchObject({ sandbox: true, canary: false });
  });

  it.each([
    ['an unknown version', { versions: [99] }, 'version_unsupported', /speaks protocol 99.*only 1/],
    [
      'a foreign challenge',
      { challenge: new Uint8Array(56) },
      'challenge_invalid',
      /Ask for a new/,
    ],
    ['a signature for another purpose', { purpose: 'report' }, 'signature_invalid', /Sign the/],
  ] as const)('is refused for %s', async (_what, changes, code, message) => {
    expect(await refusalOf(join(changes))).toEqual({
      code,
      message: expect.stringMatching(message),
      status: code === 'version_unsupported' ? Code.FailedPrecondition : Code.Unauthenticated,
    });
  });

  it('is refused for a claim that breaks a rule or does not parse', async () => {
    const { agents } = await volunteerAt(url);
    const signature = new Uint8Array(64);
    const claim = toBinary(JoinClaimSchema, create(JoinClaimSchema, { versions: [1] }));
    expect(valueOf(joinClaimMessageFromBytes(claim)).versions).toEqual([1]);
    expect(await refusalOf(agents.join({ claim, signature }))).toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining('public_key'),
    });
    const garbage = new Uint8Array([255, 255, 255]);
    expect(await refusalOf(agents.join({ claim: garbage, signature }))).toMatchObject({
      code: 'input_malformed',
      status: Code.InvalidArgument,
    });
    const short = new Uint8Array(63);
    expect(await refusalOf(agents.join({ claim, signature: short }))).toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining('signature'),
    });
  });
});

describe('a session', () => {
  const unknown = `session_${'0'.repeat(43)}` as SessionId;

  it.each([
    ['leaseTasks', (v: Volunteer) => v.agents.leaseTasks({ sessionId: unknown, maxTasks: 1 })],
    ['heartbeat', (v: Volunteer) => v.agents.heartbeat({ sessionId: unknown })],
    ['leave', (v: Volunteer) => v.agents.leave({ sessionId: unknown })],
  ])('that is not known is refused by %s', async (_method, call) => {
    expect(await refusalOf(call(await volunteerAt(url)))).toMatchObject({
      code: 'session_unknown',
      status: Code.Unauthenticated,
      message: expect.stringContaining('Join again'),
    });
  });

  it('ends when its key joins again', async () => {
    const first = await volunteerAt(url);
    await volunteerAt(url, { key: first.key });
    expect(await refusalOf(first.lease())).toMatchObject({ code: 'session_unknown' });
  });
});

describe('a report', () => {
  function relu(lease: LeaseId, values: readonly number[]): TaskReport {
    const output = [floats([1, values.length], values)];
    return { lease, result: { kind: 'output', output }, computeMs: 1, backend: 'wasm' };
  }

  it('with a wrong signature is refused and changes nothing', async () => {
    await submit(graph());
    const volunteer = await volunteerAt(url);
    const [task] = await volunteer.lease({ maxTasks: 1 });
    const results = task === undefined ? [] : [await volunteer.compute(task)];
    const report = reportToBytes({ session: volunteer.session, results });
    const signature = await signBytes(volunteer.key, { purpose: 'join', bytes: report });
    const refused = await refusalOf(volunteer.agents.reportResults({ report, signature }));
    expect(refused).toMatchObject({ code: 'signature_invalid', status: Code.Unauthenticated });
    expect(await volunteer.report(results)).toMatchObject({ statuses: [1] });
    expect(await volunteer.report(results)).toMatchObject({ statuses: [2] });
    await volunteer.agents.leave({ sessionId: volunteer.session });
  });

  it("of another's lease counts for nothing", async () => {
    await submit(graph());
    const [holder, thief] = [await volunteerAt(url), await volunteerAt(url)];
    const [task] = await holder.lease({ maxTasks: 1 });
    const results = task === undefined ? [] : [await holder.compute(task)];
    expect(await thief.report(results)).toMatchObject({ statuses: [4] });
    expect(await holder.report(results)).toMatchObject({ statuses: [1] });
    const never = relu(`lease_${'z'.repeat(26)}` as LeaseId, [1, 2]);
    expect(await holder.report([never])).toMatchObject({ statuses: [4] });
    await holder.agents.leave({ sessionId: holder.session });
  });

  it.each([
    ['of another shape', (lease: LeaseId) => relu(lease, [1, 2, 3])],
    [
      'whose blob is not held',
      async (lease: LeaseId): Promise<TaskReport> => {
        const blob = (await leafIdOf(new Uint8Array([7]))) as never;
        const source = { kind: 'blob', blob, byteOffset: 0 } as const;
        const output = [{ dtype: 'float32', shape: [1, 2], source }] as const;
        return { lease, result: { kind: 'output', output }, computeMs: 1, backend: 'wasm' };
      },
    ],
  ])('%s is malformed', async (_what, make) => {
    await submit(graph());
    const volunteer = await volunteerAt(url);
    const [task] = await volunteer.lease({ maxTasks: 1 });
    expect(task).toBeDefined();
    const result = await make(task?.lease ?? ('' as LeaseId));
    const answer = await volunteer.report([result]);
    expect(answer).toMatchObject({ statuses: [5] });
    expect(Number(answer.standing?.quarantinedUntilMs)).toBeGreaterThan(0);
  });
});

describe('a job', () => {
  it.each([
    ['without a spec', { idempotencyKey: 'a' }, 'input_invalid', /spec/],
    [
      'with an empty key',
      { idempotencyKey: '', spec: jobSpecToWire(graph()) },
      'input_invalid',
      /idempotency_key/,
    ],
  ])('%s is refused', async (_what, request, code, message) => {
    expect(await refusalOf(producer.jobs.submitJob(request))).toEqual({
      code,
      status: Code.InvalidArgument,
      message: expect.stringMatching(message),
    });
  });

  it('whose inline bytes disagree with its shape is refused', async () => {
    const { source } = floats([1, 2], [1, 2]);
    const x = { name: 'x', tensor: { dtype: 'float32', shape: [4, 2], source } } as const;
    const spec = graph({ workload: { ...graph().workload, inputs: [x] } as never });
    expect(await refusalOf(submit(spec))).toMatchObject({
      code: 'shape_mismatch',
      message: expect.stringMatching(/32 bytes by its shape carries 8/),
    });
  });

  it('whose blob is not held is refused, naming it', async () => {
    const blob = (await leafIdOf(new Uint8Array([1, 2]))) as never;
    const tensor = {
      dtype: 'float32',
      shape: [4, 2],
      source: { kind: 'blob', blob, byteOffset: 0 },
    };
    const spec = graph({
      workload: { ...graph().workload, inputs: [{ name: 'x', tensor }] } as never,
    });
    expect(await refusalOf(submit(spec))).toMatchObject({
      code: 'block_unknown',
      status: Code.NotFound,
      message: expect.stringContaining(blob),
    });
  });

  it('with a model that is no ONNX file is refused', async () => {
    const source = await producer.put(new TextEncoder().encode('not a model'));
    const blob = source.kind === 'blob' ? source.blob : ('' as never);
    const spec = graph({
      workload: {
        kind: 'inference',
        model: { blob, byteLength: 11 },
        inputs: [{ name: 'x', tensor: floats([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]) }],
        constants: [],
        outputs: [],
      },
    });
    expect(await refusalOf(submit(spec))).toMatchObject({
      code: 'input_malformed',
      status: Code.InvalidArgument,
      message: expect.stringMatching(/ONNX/i),
    });
  });

  it('that nobody present can run is refused, naming the operator; with nobody it waits', async () => {
    const lonely = await startForTest();
    const owner = producerOf(lonely);
    const submitTo = (idempotencyKey: string) => {
      return owner.jobs.submitJob({ idempotencyKey, spec: jobSpecToWire(graph()) });
    };
    expect(await submitTo('with nobody')).toMatchObject({ job: { state: 1 } });
    await volunteerAt(lonely.url, { capability: { primitives: { matmul: 'wasm' } } });
    expect(await refusalOf(submitTo('with one who cannot'))).toMatchObject({
      code: 'operator_unsupported',
      status: Code.Unimplemented,
      message: expect.stringContaining('relu'),
    });
    await volunteerAt(lonely.url, { capability: { memoryBytes: 1024 ** 2 } });
    expect(await refusalOf(submitTo('with one too small'))).toMatchObject({
      code: 'size_unsupported',
      status: Code.Unimplemented,
      message: expect.stringMatching(/needs \d+ MiB.*more than 1 MiB/),
    });
    await volunteerAt(lonely.url);
    expect(await submitTo('with one who can')).toMatchObject({ job: { state: 1 } });
  });

  it.each(['getJob', 'cancelJob', 'getOutput'] as const)(
    'that is not there is refused by %s',
    async (method) => {
      const call = producer.jobs[method]({ jobId: `job_${'0'.repeat(26)}` });
      expect(await refusalOf(call)).toMatchObject({ code: 'job_unknown', status: Code.NotFound });
    },
  );

  it('page token that no page gave is refused', async () => {
    const call = producer.jobs.listJobs({ pageToken: 'x' });
    expect(await refusalOf(call)).toMatchObject({ code: 'input_invalid' });
  });
});
