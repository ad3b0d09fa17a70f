import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { USUAL_TERMS } from '../../domain/job.ts';
import { jobSpecToWire } from '../../wire/index.ts';
import type { OrchestratorConfig } from '../index.ts';
import { floats, producerOf, startForTest, testConfig } from '../volunteer.contract.ts';

const SPEC = jobSpecToWire({
  name: 'zeros',
  workload: {
    kind: 'operators',
    inputs: [{ name: 'x', tensor: floats([1], [0]) }],
    nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
    outputs: ['y'],
  },
  ...USUAL_TERMS,
});
const SUBMITTING = 4;

/** A process of its own, in which the thread of the log can be made to die. */
async function startProcess(config: OrchestratorConfig) {
  const entry = new URL('../index.ts', import.meta.url).href;
  // The log is opened first, so its thread is the first that is made.
  const code = `
    const thread = new Promise((resolve) => process.once('worker', resolve));
    const { startOrchestrator } = await import(${JSON.stringify(entry)});
    const started = await startOrchestrator(${JSON.stringify(config)});
    if (!started.ok) throw new Error(started.failure.message);
    process.on('SIGUSR2', async () => (await thread).terminate());
    console.log(JSON.stringify(started.value));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = { stderr: '' };
  child.stderr.on('data', (bytes: Buffer) => (end.stderr += bytes.toString()));
  const closed = once(child, 'close');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const running = JSON.parse(String(line)) as { url: string; apiKey: string };
  return { child, end, closed, running };
}

it('an orchestrator whose log loses its thread ends, and has all that it acknowledged', async () => {
  const config = testConfig();
  const { child, end, closed, running } = await startProcess(config);
  const { jobs } = producerOf(running);
  const acknowledged = new Map<string, string>();
  const submitUntilRefused = async (name: number): Promise<void> => {
    for (let count = 0; ; count++) {
      const idempotencyKey = `${name} ${count}`;
      const answer = await jobs.submitJob({ idempotencyKey, spec: SPEC }).catch(() => null);
      if (answer === null) return;
      acknowledged.set(idempotencyKey, answer.job?.jobId ?? '');
      // In the middle of commits.
      if (acknowledged.size === 3 * SUBMITTING) child.kill('SIGUSR2');
    }
  };
  await Promise.all(Array.from({ length: SUBMITTING }, (_, name) => submitUntilRefused(name)));
  expect(await closed).toEqual([1, null]);
  expect(end.stderr).toContain('the thread of the log ended by itself');
  expect(acknowledged.size).toBeGreaterThanOrEqual(3 * SUBMITTING);

  const again = producerOf(await startForTest(config));
  const known = new Map<string, string>();
  for (const [idempotencyKey, jobId] of acknowledged) {
    const { job } = await again.jobs.getJob({ jobId });
    const repeated = await again.jobs.submitJob({ idempotencyKey, spec: SPEC });
    if (job?.jobId === repeated.job?.jobId) known.set(idempotencyKey, jobId);
  }
  expect(known).toEqual(acknowledged);
});
