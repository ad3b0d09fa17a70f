import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { publicKeyOf, type SigningKey } from '../../../integrity/index.ts';
import { squaresSpec } from '../../example-jobs.contract.ts';
import type { OrchestratorConfig } from '../../index.ts';
import { creditsOf, ledgerAt, publishedCredits } from '../record-client.contract.ts';
import { producerOf, testConfig, valueOf, volunteerAt, until } from '../../volunteer.contract.ts';

const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

type Told = { readonly url: string; readonly apiKey: string };

/** A real process that kills itself at a step; it tells null where that was before it listened. */
async function startDying(
  config: OrchestratorConfig,
  dieWhile: 'starting' | 'working' = 'working',
  dieAt = 0,
) {
  const entry = new URL('./dying-orchestrator.contract.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, JSON.stringify(config), dieWhile, String(dieAt)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const told = await new Promise<Told | null>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => {
      // The line that the process wrote.
      resolve(JSON.parse(line) as Told);
    });
    void gone.then(() => resolve(null));
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  return { told, kill };
}

/** Does a few tasks and waits for their credits; how that ended. */
async function workFor({ url }: Told, key: SigningKey): Promise<'died' | 'lived'> {
  try {
    const volunteer = await volunteerAt(url, { key });
    const before = await creditedTo(url, key);
    for (let done = 0; done < 6;) {
      const tasks = await volunteer.lease({ maxTasks: 2, waitMs: 200 });
      await volunteer.report(await Promise.all(tasks.map(volunteer.compute)));
      done += tasks.length;
    }
    // What was reported is checked first, and then credited.
    await until(async () => (await creditedTo(url, key)) > before);
    await publishedCredits(url);
    return 'lived';
  } catch {
    // Calls fail once the process is gone; what they were for is looked at in the end.
    return 'died';
  }
}

/** Tasks that the record credits to a key. */
async function creditedTo(url: string, { agent }: SigningKey): Promise<number> {
  const publicKey = valueOf(publicKeyOf(agent));
  const { entries } = await ledgerAt(url).listCredits({ publicKey, pageSize: 200 });
  return entries.reduce((sum, { taskCount }) => sum + taskCount, 0);
}

const ROWS = 90;

const SQUARES = squaresSpec(Array.from({ length: ROWS }, () => 3));

const NOWHERE: Told = { url: '', apiKey: '' };

describe('credits of an orchestrator that is killed at many of its steps', () => {
  it('are each in the record, and none of them twice', { timeout: 600_000 }, async () => {
    const config = testConfig({ creditEvery: 10, publishEvery: 50 });
    const first = await startDying(config);
    const at = first.told ?? NOWHERE;
    const { job } = await producerOf(at).jobs.submitJob({ idempotencyKey: 'a', spec: SQUARES });
    const { key } = await volunteerAt(at.url);
    await first.kill();
    const ends: string[] = [];
    for (const dieAt of [1, 3]) {
      const life = await startDying(config, 'starting', dieAt);
      expect(life.told).toBeNull();
      await life.kill();
    }
    for (const dieAt of [1, 2, 3, 4, 5, 6, 8, 10, 13, 17]) {
      const life = await startDying(config, 'working', dieAt);
      ends.push(await workFor(life.told ?? NOWHERE, key));
      await life.kill();
    }
    // Most of these steps came, in the middle of whatever was written there.
    expect(ends.filter((end) => end === 'died').length).toBeGreaterThan(5);
    const last = await startDying(config);
    const there = last.told ?? NOWHERE;
    const done = (async () => {
      const watched = producerOf(there).jobs.watchJob({ jobId: job?.jobId ?? '' });
      for await (const update of watched) if (update.job?.endedAtMs !== 0n) return update.job;
      return null;
    })();
    await (await volunteerAt(there.url, { key })).workUntil(done);
    expect(await done).toMatchObject({ rowsAccepted: BigInt(ROWS) });
    const listed = await creditsOf(there.url, key.agent);
    expect(listed.reduce((sum, { taskCount }) => sum + taskCount, 0)).toBe(ROWS);
    const credited = await publishedCredits(there.url);
    const rows = credited.map(({ rows: { start } }) => start).toSorted((a, b) => a - b);
    expect(rows).toEqual(Array.from({ length: ROWS }, (_, row) => row));
    await last.kill();
  });
});
