import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../domain/ids.ts';
import { assertTiled } from './claim.ts';
import { claimsOf } from './claims.ts';
import { membersOf } from './members.ts';
import { sharedJobsOf } from './shared-jobs.ts';
import {
  BARE_JOB,
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

const PROCESS = new URL('claiming-process.contract.ts', import.meta.url).pathname;
const JOB = 'job_cluster' as JobId;
const ROWS = 30_000;
const NOTHING = new Uint8Array();

describe.skipIf(TEST_POSTGRES === null)('members under load', { timeout: 120_000 }, () => {
  let test: TestDatabase;
  let children: ChildProcess[];
  beforeEach(async () => {
    test = await makeTestDatabase();
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await test.drop();
  });

  const submit = async (): Promise<number> => {
    const producer = await membersOf(test.database).join({ name: '', url: '', seed: 1 });
    const { epoch } = certain(producer);
    const first = { stage: 0, plan: NOTHING, work: NOTHING, rowCount: ROWS, claimRows: 100 };
    certain(await sharedJobsOf(test.database).submit({ ...BARE_JOB, job: JOB, first }, epoch));
    const [stage] = certain(await claimsOf(test.database).openStages());
    return stage?.stageId ?? Number.NaN;
  };

  const start = (stageId: number): ChildProcess => {
    const args = [PROCESS, test.address.url, String(stageId), JOB];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    return child;
  };

  const rowsDone = async (): Promise<number> => {
    const rows = await test.database.read<{ done: number }>('SELECT rows_done AS done FROM stages');
    return certain(rows)[0]?.done ?? 0;
  };

  it('do every row once and lose none, though some are killed and one is stalled', async () => {
    const stageId = await submit();
    const [first, second, third, stalled] = Array.from({ length: 4 }, () => start(stageId));
    await untilSo('some rows are done', async () => (await rowsDone()) > ROWS / 10);
    second?.kill('SIGKILL');
    stalled?.kill('SIGSTOP');
    await untilSo('more are done', async () => (await rowsDone()) > ROWS / 4);
    third?.kill('SIGKILL');
    await untilSo('a stalled one was taken over', async () => {
      const adopted = await test.database.read(
        'SELECT 1 FROM members WHERE adopted_by IS NOT NULL',
      );
      return certain(adopted).length >= 3;
    });
    const stalledEnd = stalled === undefined ? null : once(stalled, 'exit');
    stalled?.kill('SIGCONT');
    await untilSo('all rows are done', async () => (await rowsDone()) === ROWS);
    expect((await stalledEnd)?.[0]).toBe(3);
    if (first?.exitCode === null) await once(first, 'exit');
    expect(first?.exitCode).toBe(0);

    const results = certain(await claimsOf(test.database).results(stageId)) ?? [];
    assertTiled({ start: 0, end: ROWS }, results);
    const used = new Set(results.map(({ stream, lease }) => `${stream} ${lease}`));
    expect(used.size).toBe(results.length);
    const reported = await test.database.read<{ key: string }>(
      `SELECT stream || ' ' || (leases::json ->> 0) AS key FROM reports`,
    );
    const keys = certain(reported).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    // What was acknowledged is used, and what is used was acknowledged.
    expect(keys.toSorted()).toEqual([...used].toSorted());
  });
});
