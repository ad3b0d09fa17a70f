import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { producerOf } from './client.ts';
import { freePort, Program, startNetwork, until } from './processes.ts';
import { reluJob } from './relu-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-paused-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a native agent pauses at once, computes nothing meanwhile, and resumes', async () => {
  const port = await freePort();
  const data = join(folder, 'data');
  const network = await startNetwork({ port, data, args: ['--no-welcome-job'] });
  const url = `http://127.0.0.1:${port}`;
  const producer = producerOf(url, data);
  const key = join(folder, 'agent.pem');
  const agent = new Program(['agent', '--orchestrator', url, '--key', key, '--threads', '1']);
  const seen = () => producer.network.getNetwork({});
  try {
    // More than the agent computes while this test runs.
    for (let job = 0; job < 16; job++) await producer.submit(reluJob(16_384));
    await until('accepted tasks', async () => (await seen()).tasksAcceptedTotal > 0n, 20_000);
    agent.child.kill('SIGUSR2');
    await until('the agent to leave', async () => (await seen()).agentCount === 0, 5_000);
    const { tasksAcceptedTotal: before } = await until('no checks under way', async () => {
      const view = await seen();
      return view.jobs.every((job) => job.tasksChecking === 0n) && view;
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await seen()).tasksAcceptedTotal).toBe(before);
    agent.child.kill('SIGUSR2');
    await until(
      'more accepted tasks',
      async () => (await seen()).tasksAcceptedTotal > before,
      20_000,
    );
    expect(await agent.interrupt()).toBe(0);
  } finally {
    await agent.killHard();
    await network.killHard();
  }
});
