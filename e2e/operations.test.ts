// Does what docs/operations.md says, with real processes.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../src/domain/limits.ts';
import type { JobId } from '../src/domain/ids.ts';
import { producerOf } from './network/client.ts';
import { HandDrivenAgent } from './network/hand-driven-agent.ts';
import { readOutput } from './network/outputs.ts';
import { freePort, startNetwork, until, type Program } from './network/processes.ts';
import { reluJob } from './network/relu-job.ts';

const TASKS = 40;
const DONE_BEFORE = 15;
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manyhands-operations-'));
  folders.push(folder);
  return folder;
}

async function start(data: string) {
  const port = await freePort();
  const args = ['--no-welcome-job', '--disk-reserve', '0', '--log-level', 'error'];
  const program = await startNetwork({ port, data, args });
  const url = `http://127.0.0.1:${port}`;
  return { program, url, producer: producerOf(url, data) };
}

/** Half a job in a folder of its own, then the end of the process. */
async function halfDone(end: (program: Program) => Promise<unknown>) {
  const data = freshFolder();
  const { program, url, producer } = await start(data);
  const { job } = await producer.submit(reluJob(TASKS));
  const agent = await HandDrivenAgent.join(url);
  for (const task of await agent.lease(DONE_BEFORE)) await agent.do(task);
  await until('half of it', async () => (await agent.standing()).accepted === DONE_BEFORE);
  await end(program);
  return { data, job };
}

/** The rest of the job is computed from a folder, and nothing that was accepted. */
async function expectRest(data: string, job: JobId): Promise<void> {
  const { program, url, producer } = await start(data);
  const agent = await HandDrivenAgent.join(url);
  const end = new AbortController();
  const working = agent.work(end.signal);
  expect(await producer.watch(job)).toMatchObject({ state: 'done', rowsAccepted: TASKS });
  end.abort();
  await working;
  expect((await agent.standing()).accepted).toBe(TASKS - DONE_BEFORE);
  const tensor = (await readOutput({ url, producer }, job)).get('B');
  const expected = Array.from({ length: TASKS }, (_, index) => Math.max(0, index - TASKS / 2));
  expect([...new Float32Array(tensor?.bytes.slice().buffer ?? [])]).toEqual(expected);
  await program.interrupt();
}

describe('a backup', { timeout: LEASE_MS * 3 }, () => {
  it.each<[string, (program: Program) => Promise<unknown>]>([
    ['stopped', (program) => program.interrupt()],
    ['killed', (program) => program.killHard()],
  ])('made while the orchestrator is %s goes on elsewhere', async (_, end) => {
    const { data, job } = await halfDone(end);
    const elsewhere = join(freshFolder(), 'copy');
    cpSync(data, elsewhere, { recursive: true });
    rmSync(data, { recursive: true });
    await expectRest(elsewhere, job);
  });

  it('is restored over a folder that came later, and is as it was made', async () => {
    const { data, job } = await halfDone((program) => program.interrupt());
    const backup = join(freshFolder(), 'backup');
    cpSync(data, backup, { recursive: true });
    await expectRest(data, job);
    rmSync(data, { recursive: true });
    cpSync(backup, data, { recursive: true });
    await expectRest(data, job);
  });
});
