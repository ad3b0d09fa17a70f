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

async function start(data: string, at?: number) {
  const port = at ?? (await freePort());
  const args = ['--no-welcome-job', '--disk-reserve', '0', '--log-level', 'error'];
  const program = await startNetwork({ port, data, args });
  const url = `http://127.0.0.1:${port}`;
  return { program, port, url, producer: producerOf(url, data) };
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
async function expectRest(data: string, job: JobId, rest = TASKS - DONE_BEFORE): Promise<void> {
  const { program, url, producer } = await start(data);
  const agent = await HandDrivenAgent.join(url);
  const end = new AbortController();
  const working = agent.work(end.signal);
  expect(await producer.watch(job)).toMatchObject({ state: 'done', rowsAccepted: TASKS });
  end.abort();
  await working;
  expect((await agent.standing()).accepted).toBe(rest);
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

  it('is restored under agents that go on, and takes no result for that of other rows', async () => {
    const data = freshFolder();
    const backup = join(freshFolder(), 'backup');
    const first = await start(data);
    const { port, url } = first;
    const { job } = await first.producer.submit(reluJob(TASKS));
    const agent = await HandDrivenAgent.join(url);
    for (const task of await agent.lease(DONE_BEFORE)) await agent.do(task);
    await until('half of it', async () => (await agent.standing()).accepted === DONE_BEFORE);
    const [outBefore] = await agent.lease(1);
    await first.program.interrupt();
    cpSync(data, backup, { recursive: true });

    const second = await start(data, port);
    if (outBefore === undefined) throw new Error('a task was leased');
    expect((await agent.do(outBefore)).statuses).toEqual(['received']);
    const forgotten = await agent.lease(4);
    await second.program.interrupt();
    rmSync(data, { recursive: true });
    cpSync(backup, data, { recursive: true });

    // What is leased now has the numbers of what is forgotten, and is of another job.
    const third = await start(data, port);
    const { job: later } = await third.producer.submit(reluJob(forgotten.length));
    const leased = await agent.lease(2 * forgotten.length);
    for (const task of forgotten) expect((await agent.do(task)).statuses).toEqual(['foreign']);
    expect((await agent.do(outBefore)).statuses).toEqual(['received']);
    for (const task of leased) expect((await agent.do(task)).statuses).toEqual(['received']);
    expect(await third.producer.watch(later)).toMatchObject({ state: 'done' });
    const doneAfter = 1 + leased.filter((task) => task.job === job).length;
    const accepted = DONE_BEFORE + doneAfter + forgotten.length;
    await until('their verdicts', async () => (await agent.standing()).accepted === accepted);
    expect(await agent.standing()).toMatchObject({ rejected: 0, quarantine: null });
    await third.program.interrupt();
    await expectRest(data, job, TASKS - DONE_BEFORE - doneAfter);
  });
});
