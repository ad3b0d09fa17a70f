import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { namedTensorFromWire } from '../wire/index.ts';
import type { OrchestratorConfig } from './index.ts';
import { httpBlocks } from '../data/index.ts';
import { squaresSpec } from './example-jobs.contract.ts';
import { tensorReader } from './tensor-reader.ts';
import { floats, producerOf, testConfig, valueOf, volunteerAt } from './volunteer.contract.ts';

const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

/** A real process, that can really be killed. */
async function startProcess(config: OrchestratorConfig) {
  const entry = new URL('./index.ts', import.meta.url).href;
  const code = `
    const { startOrchestrator } = await import(${JSON.stringify(entry)});
    const started = await startOrchestrator(${JSON.stringify(config)});
    if (!started.ok) throw new Error(started.failure.message);
    console.log(JSON.stringify(started.value));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = await new Promise<string[]>((resolve) =>
    lines.once('line', (text) => resolve([text])),
  );
  const running = JSON.parse(line ?? '') as { url: string; apiKey: string };
  const kill = async (): Promise<void> => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  return { ...running, kill };
}

describe('an orchestrator killed again and again', () => {
  it(
    'loses no acknowledged job, lease or result, and doubles no row',
    { timeout: 60_000 },
    async () => {
      const config = testConfig();
      const values = Array.from({ length: 60 }, (_, index) => index);
      const spec = squaresSpec(values);
      let orchestrator = await startProcess(config);
      const submitted = await producerOf(orchestrator).jobs.submitJob({
        idempotencyKey: 'a',
        spec,
      });
      const jobId = submitted.job?.jobId ?? '';
      let volunteer = await volunteerAt(orchestrator.url);
      const { key } = volunteer;
      for (let round = 0; round < 3; round++) {
        const tasks = await volunteer.lease({ maxTasks: 10 });
        await volunteer.report(await Promise.all(tasks.map(volunteer.compute)));
        await orchestrator.kill();
        orchestrator = await startProcess(config);
        // The session is in the log, so it goes on as if nothing had been.
        const { agents } = await volunteerAt(orchestrator.url);
        const beat = await agents.heartbeat({ sessionId: volunteer.session });
        expect(Number(beat.standing?.accepted) + Number(beat.standing?.pending)).toBe(
          (round + 1) * 10,
        );
        volunteer = await volunteerAt(orchestrator.url, { key });
      }
      const producer = producerOf(orchestrator);
      const ended = (async () => {
        for await (const { job } of producer.jobs.watchJob({ jobId })) {
          if (job?.endedAtMs !== 0n) return job;
        }
        return null;
      })();
      await volunteer.workUntil(ended);
      expect(await ended).toMatchObject({ state: 3, rowsAccepted: 60n });
      const again = await producer.jobs.submitJob({ idempotencyKey: 'a', spec });
      expect(again.job?.jobId).toBe(jobId);
      const { outputs } = await producer.jobs.getOutput({ jobId });
      const [output] = outputs.map((one) => valueOf(namedTensorFromWire(one)));
      const read = tensorReader(httpBlocks({ origin: orchestrator.url }));
      const { bytes } = valueOf(await read(output?.tensor ?? floats([0], [])));
      expect([...new Float32Array(bytes.slice().buffer)]).toEqual(
        values.map((value) => value ** 2),
      );
      await orchestrator.kill();
    },
  );
});
