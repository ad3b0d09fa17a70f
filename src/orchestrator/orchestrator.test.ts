import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { USUAL_TERMS, type JobSpec } from '../domain/job.ts';
import { LEASE_MS } from '../domain/limits.ts';
import { jobSpecToWire, namedTensorFromWire, failureFromConnect } from '../wire/index.ts';
import { lineLogger } from './logger.ts';
import { startOrchestrator } from './orchestrator.ts';
import { tensorReader } from './tensor-reader.ts';
import { httpBlocks } from '../data/index.ts';
import {
  floats,
  freshFolder,
  producerOf,
  startForTest,
  testConfig,
  valueOf,
  volunteerAt,
  type Producer,
} from './volunteer.contract.ts';

const ROWS = 24;

/** Doubles 24 rows, then takes the largest of each column: two stages. */
function doubled(changes: Partial<JobSpec> = {}): JobSpec {
  const values = Array.from({ length: ROWS * 2 }, (_, index) => index);
  return {
    name: 'doubled',
    workload: {
      kind: 'operators',
      inputs: [{ name: 'x', tensor: floats([ROWS, 2], values) }],
      nodes: [
        { operator: 'add', inputs: ['x', 'x'], output: 'twice' },
        { operator: 'reduce-max', inputs: ['twice'], output: 'largest', axis: 0 },
      ],
      outputs: ['twice', 'largest'],
    },
    ...USUAL_TERMS,
    checking: { kind: 'recompute', share: 1 },
    rowsPerTask: 2,
    ...changes,
  };
}

async function submit(producer: Producer, spec: JobSpec, idempotencyKey = 'key') {
  const { job } = await producer.jobs.submitJob({ idempotencyKey, spec: jobSpecToWire(spec) });
  return job?.jobId ?? '';
}

async function outputOf(producer: Producer, url: string, jobId: string) {
  const { outputs } = await producer.jobs.getOutput({ jobId });
  const read = tensorReader(httpBlocks({ origin: url }));
  const values: Record<string, number[]> = {};
  for (const output of outputs) {
    const { name, tensor } = valueOf(namedTensorFromWire(output));
    const { bytes } = valueOf(await read(tensor));
    values[name] = [...new Float32Array(bytes.slice().buffer)];
  }
  return values;
}

async function untilEnded(producer: Producer, jobId: string) {
  const states: number[] = [];
  for await (const { job } of producer.jobs.watchJob({ jobId })) {
    states.push(job?.state ?? 0);
    if (job?.endedAtMs !== 0n) return { job, states };
  }
  throw new Error('the stream ended before the job');
}

async function failureOf(call: Promise<unknown>) {
  const thrown: unknown = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(thrown).toBeInstanceOf(ConnectError);
  const { code, message } = failureFromConnect(thrown);
  return { code, message, status: ConnectError.from(thrown).code };
}

const EXPECTED = {
  twice: Array.from({ length: ROWS * 2 }, (_, index) => index * 2),
  largest: [92, 94],
};

describe('a job', () => {
  it('runs through its stages to an output, checked by recomputation', async () => {
    const orchestrator = await startForTest();
    const producer = producerOf(orchestrator);
    const jobId = await submit(producer, doubled());
    const volunteer = await volunteerAt(orchestrator.url);
    const ended = untilEnded(producer, jobId);
    await volunteer.workUntil(ended);
    expect((await ended).job).toMatchObject({ state: 3, contributorCount: 1 });
    expect(await outputOf(producer, orchestrator.url, jobId)).toEqual(EXPECTED);
    const { tasksAcceptedTotal, agents } = await producer.network.getNetwork({});
    expect(Number(tasksAcceptedTotal)).toBeGreaterThanOrEqual(12);
    expect(agents).toMatchObject([{ kind: 2, rejected: 0n }]);
  });

  it('compares two keys, and never takes a wrong number into its output', async () => {
    const orchestrator = await startForTest();
    const producer = producerOf(orchestrator);
    const jobId = await submit(producer, doubled({ checking: { kind: 'twice' } }));
    const honest = await volunteerAt(orchestrator.url);
    const second = await volunteerAt(orchestrator.url);
    const liar = await volunteerAt(orchestrator.url);
    const lied = await Promise.all(
      (await liar.lease({ maxTasks: 2 })).map(async (task) => {
        const report = await liar.compute(task);
        if (report.result.kind === 'output') {
          const [tensor] = report.result.output;
          if (tensor?.source.kind === 'inline') new Float32Array(tensor.source.bytes.buffer)[0] = 7;
        }
        return report;
      }),
    );
    expect(lied.length).toBeGreaterThan(0);
    await liar.report(lied);
    const ended = untilEnded(producer, jobId);
    await Promise.all([honest.workUntil(ended), second.workUntil(ended)]);
    expect((await ended).job).toMatchObject({ state: 3 });
    expect(await outputOf(producer, orchestrator.url, jobId)).toEqual(EXPECTED);
    const { standing } = await liar.agents.heartbeat({ sessionId: liar.session, leases: [] });
    expect(standing).toMatchObject({ quarantineReason: expect.stringContaining('twice') });
  });

  it('survives a restart in its middle without losing or doubling a row', async () => {
    const config = testConfig();
    const first = valueOf(await startOrchestrator(config));
    const jobId = await submit(producerOf(first), doubled());
    const before = await volunteerAt(first.url);
    const tasks = await before.lease({ maxTasks: 5 });
    await before.report(await Promise.all(tasks.slice(0, 3).map(before.compute)));
    await first.close();
    let elapsedMs = 0;
    const second = await startForTest(config, { now: () => Date.now() + elapsedMs });
    // What the first volunteer never reported comes back when its leases have expired.
    elapsedMs = LEASE_MS * 2;
    const producer = producerOf(second);
    const after = await volunteerAt(second.url);
    const ended = untilEnded(producer, jobId);
    await after.workUntil(ended);
    expect((await ended).job).toMatchObject({ state: 3, contributorCount: 2 });
    expect(await outputOf(producer, second.url, jobId)).toEqual(EXPECTED);
  });

  it('is given once however often it is submitted with its key', async () => {
    const producer = producerOf(await startForTest());
    const ids = await Promise.all([1, 2, 3].map(() => submit(producer, doubled())));
    expect(new Set(ids).size).toBe(1);
    const { jobs } = await producer.jobs.listJobs({});
    expect(jobs.map(({ jobId }) => jobId)).toEqual([ids[0]]);
    expect(await failureOf(submit(producer, doubled({ name: 'other' })))).toMatchObject({
      code: 'idempotency_conflict',
      status: Code.AlreadyExists,
    });
  });

  it('can be canceled, and then has no output', async () => {
    const producer = producerOf(await startForTest());
    const jobId = await submit(producer, doubled());
    expect(await failureOf(producer.jobs.getOutput({ jobId }))).toMatchObject({
      code: 'job_not_finished',
      status: Code.FailedPrecondition,
    });
    const { job } = await producer.jobs.cancelJob({ jobId });
    expect(job).toMatchObject({ state: 5 });
    expect(await failureOf(producer.jobs.getOutput({ jobId }))).toMatchObject({
      code: 'job_canceled',
    });
    expect((await untilEnded(producer, jobId)).states).toEqual([5]);
  });
});

describe('the welcome job', () => {
  it('is queued once for a store', async () => {
    const config = testConfig({ welcomeJob: true });
    const count = async () => {
      const orchestrator = valueOf(await startOrchestrator(config));
      const { jobs, tasksWaiting } = await producerOf(orchestrator).network.getNetwork({});
      await orchestrator.close();
      return { jobs: jobs.length, tasksWaiting };
    };
    const first = await count();
    expect(first).toEqual({ jobs: 2, tasksWaiting: 128n });
    expect(await count()).toEqual(first);
  });
});

describe('startOrchestrator', () => {
  it('refuses a port that is in use, naming port and remedy', async () => {
    const { url } = await startForTest();
    const port = Number(new URL(url).port);
    const refused = await startOrchestrator(testConfig({ port }));
    expect(refused).toMatchObject({ ok: false, failure: { code: 'port_in_use' } });
    expect(!refused.ok && refused.failure.message).toMatch(new RegExp(`${port}.*--port`));
  });

  it('writes nothing where its port is in use', async () => {
    const first = await startForTest();
    const data = join(freshFolder(), 'data');
    const port = Number(new URL(first.url).port);
    const second = await startOrchestrator(testConfig({ port, data }));
    expect(second).toMatchObject({ ok: false, failure: { code: 'port_in_use' } });
    expect(existsSync(data)).toBe(false);
  });

  it('refuses a store that another orchestrator has open', async () => {
    const config = testConfig();
    const first = valueOf(await startOrchestrator(config));
    const refused = await startOrchestrator(config);
    expect(refused).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
    await first.close();
  });

  it('goes on where it cannot announce itself in its home, and says so', async () => {
    const home = join(freshFolder(), 'a file');
    writeFileSync(home, '');
    const lines: string[] = [];
    const logger = lineLogger({ level: 'warn', write: (line) => lines.push(line) });
    const { url } = await startForTest({ home, data: freshFolder() }, { logger });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(lines.join('')).toMatch(/a file.*--api-key/);
  });

  it('frees port, store and lease requests when it closes', async () => {
    const config = testConfig();
    const first = valueOf(await startOrchestrator(config));
    const volunteer = await volunteerAt(first.url);
    const waiting = volunteer.agents.leaseTasks({
      sessionId: volunteer.session,
      maxTasks: 1,
      waitMs: 20_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.close();
    expect(await waiting).toMatchObject({ idleReason: 8, tasks: [] });
    const again = valueOf(await startOrchestrator(config));
    await again.close();
  });
});
