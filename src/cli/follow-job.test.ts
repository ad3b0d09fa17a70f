import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { USUAL_TERMS, type JobSpec, type JobState } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import { configWith, startOrchestrator, type RunningOrchestrator } from '../orchestrator/index.ts';
import { openConnection } from './connection.ts';
import { followJob } from './follow-job.ts';
import { submitJob } from './submit-job.ts';

const home = mkdtempSync(join(tmpdir(), 'manyhands-follow-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

async function start(port: number): Promise<RunningOrchestrator> {
  const config = configWith({ port, home, welcomeJob: false, logLevel: 'silent' });
  return must(await startOrchestrator(config));
}

const spec: JobSpec = {
  name: 'relu of one number',
  workload: {
    kind: 'operators',
    inputs: [
      {
        name: 'x',
        tensor: {
          dtype: 'float32',
          shape: [1, 1],
          source: { kind: 'inline', bytes: new Uint8Array(4) },
        },
      },
    ],
    nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
    outputs: ['y'],
  },
  ...USUAL_TERMS,
  checking: { kind: 'adaptive' },
  rowsPerTask: null,
};

it('follows a job through a restart of the orchestrator to its end', async () => {
  const first = await start(0);
  const { signal } = new AbortController();
  const connection = openConnection({ origin: first.url, key: first.apiKey, signal });
  const { job } = must(await submitJob(connection, spec, null));
  const seen: JobState[] = [];
  const seenOnce = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<string>();
  const followed = followJob(connection, {
    job,
    onView({ state }) {
      seen.push(state);
      seenOnce.resolve();
    },
    onLost: (reason) => lost.resolve(reason),
  });
  await seenOnce.promise;
  await first.close();
  expect(await lost.promise).not.toBe('');
  const second = await start(Number(new URL(first.url).port));
  must(await connection.call((options) => connection.jobs.cancelJob({ jobId: job }, options)));
  expect(await followed).toMatchObject({ ok: true, value: { state: 'canceled' } });
  expect([seen[0], seen.at(-1)]).toEqual(['queued', 'canceled']);
  await second.close();
});

it('ends when it is interrupted, and leaves the job as it is', async () => {
  const orchestrator = await start(0);
  const stop = new AbortController();
  const of = { origin: orchestrator.url, key: orchestrator.apiKey };
  const connection = openConnection({ ...of, signal: stop.signal });
  const { job } = must(await submitJob(connection, spec, null));
  const onView = (): void => stop.abort();
  const followed = await followJob(connection, { job, onView, onLost: () => undefined });
  expect(followed).toMatchObject({ ok: false, failure: { code: 'canceled' } });
  const other = openConnection({ ...of, signal: new AbortController().signal });
  const { job: after } = must(
    await other.call((options) => other.jobs.getJob({ jobId: job }, options)),
  );
  expect(after?.endedAtMs).toBe(0n);
  await orchestrator.close();
});
