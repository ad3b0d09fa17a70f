import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../domain/ids.ts';
import type { RowRange } from '../../domain/tensor.ts';
import type { Claim } from './claim.ts';
import { claimsOf } from './claims.ts';
import type { Database } from './database.ts';
import { membersOf } from './members.ts';
import { listen, type Notice } from './notices.ts';
import { sharedJobsOf } from './shared-jobs.ts';
import {
  BARE_JOB,
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

const JOB = 'job_00000000000000000000000001' as JobId;
const NOTHING = new Uint8Array();

describe.skipIf(TEST_POSTGRES === null)('claims on the rows of a stage', () => {
  let test: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    test = await makeTestDatabase();
    database = test.database;
  });
  afterEach(() => test.drop());

  const join = async (name: string): Promise<number> => {
    const member = await membersOf(database).join({ name, url: '', seed: 1 });
    return certain(member).epoch;
  };

  /** A job of one stage, submitted by a member; the number of the stage. */
  const submit = async (member: number, of = { rowCount: 100, claimRows: 10 }): Promise<number> => {
    const first = { stage: 0, plan: NOTHING, work: NOTHING, ...of };
    certain(await sharedJobsOf(database).submit({ ...BARE_JOB, job: JOB, first }, member));
    const [stage] = certain(await database.read<{ id: number }>('SELECT id FROM stages'));
    return stage?.id ?? Number.NaN;
  };

  const take = async (stageId: number, member: number, count: number, on = database) =>
    certain(await claimsOf(on).take(stageId, { member, count }));

  /** One result a row. */
  const resultsOf = ({ start, end }: RowRange) =>
    Array.from({ length: end - start }, (_, index) => ({
      lease: 1_000 + start + index,
      rows: { start: start + index, end: start + index + 1 },
    }));

  const finish = (claim: Claim, stream: number, member = stream, on = database) =>
    claimsOf(on).finish({ ...claim, results: resultsOf(claim.rows) }, { member, stream });

  const die = async (member: number): Promise<void> => {
    certain(await membersOf(database).leave(member));
  };

  it('gives each row to one member, however many take at once', async () => {
    const members = await Promise.all(Array.from({ length: 4 }, (_, index) => join(`m${index}`)));
    const stageId = await submit(members[0] ?? 0, { rowCount: 1_000, claimRows: 3 });
    const taken = await Promise.all(
      members.map(async (member) => {
        const on = test.another();
        const mine: Claim[] = [];
        for (;;) {
          const some = await take(stageId, member, 5, on);
          if (some.length === 0) return mine;
          mine.push(...some);
        }
      }),
    );
    const ranges = taken.flat().map(({ rows }) => rows);
    const rows = ranges.flatMap(({ start, end }) =>
      Array.from({ length: end - start }, (_, index) => start + index),
    );
    expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(taken.filter((mine) => mine.length > 0).length).toBeGreaterThan(1);
  });

  it('tells of a stage as long as rows of it are open', async () => {
    const member = await join('one');
    const stageId = await submit(member, { rowCount: 20, claimRows: 10 });
    expect(certain(await claimsOf(database).openStages())).toMatchObject([
      { stageId, job: JOB, stage: 0 },
    ]);
    expect(await take(stageId, member, 5)).toHaveLength(2);
    expect(certain(await claimsOf(database).openStages())).toEqual([]);
  });

  it('refuses a claim whose rows lie in another', async () => {
    const stageId = await submit(await join('one'));
    const overlapping = database.read(
      'INSERT INTO claims (stage_id, row_start, row_end) VALUES ($1, 95, 105)',
      [stageId],
    );
    await expect(overlapping).rejects.toThrow('claims_apart');
  });

  it('opens again what a member had taken in a transaction when it was killed', async () => {
    const [one, other] = [await join('one'), await join('other')];
    const stageId = await submit(one, { rowCount: 30, claimRows: 10 });
    const code = `
      import { Client } from 'pg';
      const client = new Client({ connectionString: process.env.ADDRESS });
      await client.connect();
      await client.query('SET search_path = manyhands');
      await client.query('BEGIN');
      await client.query('SELECT fence($1)', [${other}]);
      await client.query('UPDATE claims SET stream = $1', [${other}]);
      console.log('taken');
      setInterval(() => {}, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ADDRESS: test.address.url },
    });
    await once(child.stdout, 'data');
    expect(await take(stageId, one, 5)).toEqual([]);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    let claims: readonly Claim[] = [];
    await untilSo('the server noticed', async () => {
      claims = await take(stageId, one, 5);
      return claims.length > 0;
    });
    expect(claims.map(({ rows }) => rows.start)).toEqual([0, 10, 20]);
  });

  it('is done once, and says so to who finishes it again', async () => {
    const member = await join('one');
    const stageId = await submit(member, { rowCount: 20, claimRows: 10 });
    const [claim] = await take(stageId, member, 1);
    if (claim === undefined) throw new Error('nothing to take');
    expect(certain(await finish(claim, member))).toBe(true);
    expect(certain(await finish(claim, member))).toBe(true);
    expect(certain(await database.read('SELECT rows_done FROM stages'))).toEqual([
      { rows_done: 10 },
    ]);
  });

  it('is not done by another than who took it, nor with a row missing', async () => {
    const [one, other] = [await join('one'), await join('other')];
    const [claim] = await take(await submit(one), one, 1);
    if (claim === undefined) throw new Error('nothing to take');
    await expect(finish(claim, other)).rejects.toThrow('by the stream that has it');
    const results = resultsOf({ start: 0, end: 9 });
    const short = claimsOf(database).finish({ ...claim, results }, { member: one, stream: one });
    await expect(short).rejects.toThrow('all rows of their claim');
  });

  it('makes one of those that finish at the same time the last, and tells once', async () => {
    const member = await join('one');
    const stageId = await submit(member, { rowCount: 40, claimRows: 5 });
    const claims = await take(stageId, member, 8);
    const heard: Notice[] = [];
    let listening = false;
    const ears = listen(test.address, {
      notice: (notice) => void heard.push(notice),
      begun: () => (listening = true),
      lost: () => {},
    });
    await untilSo('it listens', async () => listening);
    expect(certain(await claimsOf(database).results(stageId))).toBe(null);
    await Promise.all(claims.map((claim) => finish(claim, member, member, test.another())));
    await untilSo('it was told', async () => heard.length > 0);
    await ears.stop();
    expect(heard).toEqual([{ kind: 'stage-done', job: JOB }]);
    expect(certain(await sharedJobsOf(database).toAssemble(member))).toEqual([
      { job: JOB, stage: 0, stageId },
    ]);
    const results = certain(await claimsOf(database).results(stageId));
    expect(results).toEqual(
      resultsOf({ start: 0, end: 40 }).map((result) => ({ ...result, stream: member })),
    );
  });

  it("keeps what a dead member's agents were found right in, and opens the rest", async () => {
    const [heir, dead] = [await join('heir'), await join('dead')];
    const stageId = await submit(dead, { rowCount: 30, claimRows: 10 });
    const claims = await take(stageId, dead, 3);
    await die(dead);
    expect(certain(await membersOf(database).adopt(dead, heir))).toBe(true);
    expect(await finish(claims[0] ?? failNow(), dead)).toMatchObject({
      failure: { code: 'member_fenced' },
    });
    const as = { member: heir, stream: dead };
    const held = certain(await claimsOf(database).held(dead));
    expect(held).toEqual(claims.map((claim) => ({ ...claim, job: JOB, stage: 0 })));
    const fates = [
      {
        accepted: [...resultsOf({ start: 0, end: 4 }), ...resultsOf({ start: 8, end: 9 })],
        kept: [{ start: 5, end: 7 }],
      },
      { accepted: resultsOf({ start: 10, end: 20 }), kept: [] },
      { accepted: [], kept: [] },
    ];
    const settlements = claims.map((claim, index) => ({
      ...claim,
      ...(fates[index] ?? failNow()),
    }));
    certain(await claimsOf(database).settle(settlements, as));
    const opened = await take(stageId, heir, 10);
    expect(opened.map(({ rows }) => [rows.start, rows.end])).toEqual([
      [4, 5],
      [7, 8],
      [9, 10],
      [20, 30],
    ]);
    const [kept, ...more] = certain(await claimsOf(database).held(dead));
    expect(more).toEqual([]);
    expect(kept?.rows).toEqual({ start: 5, end: 7 });
    for (const claim of opened) certain(await finish(claim, heir));
    expect(certain(await finish(kept ?? failNow(), dead, heir))).toBe(true);
    const results = certain(await claimsOf(database).results(stageId));
    expect(results?.map(({ lease }) => lease)).toEqual(
      resultsOf({ start: 0, end: 30 }).map(({ lease }) => lease),
    );
    expect(new Set(results?.map(({ stream }) => stream))).toEqual(new Set([dead, heir]));
  });

  it('settles nothing for who did not adopt the stream', async () => {
    const [one, other, third] = [await join('one'), await join('other'), await join('third')];
    const [claim] = await take(await submit(one), one, 1);
    await die(one);
    certain(await membersOf(database).adopt(one, other));
    const settlement = { ...(claim ?? failNow()), accepted: [], kept: [] };
    const as = { member: third, stream: one };
    certain(await claimsOf(database).settle([settlement], as));
    expect(certain(await claimsOf(database).held(one))).toHaveLength(1);
  });

  it('moves a job on once, by its owner alone, and then is over for all', async () => {
    const [owner, other] = [await join('owner'), await join('other')];
    const stageId = await submit(owner, { rowCount: 10, claimRows: 10 });
    const [claim] = await take(stageId, other, 1);
    certain(await finish(claim ?? failNow(), other));
    const next = { stage: 1, plan: NOTHING, work: NOTHING, rowCount: 0, claimRows: 1 };
    const on = { job: JOB, stage: 0, tensors: NOTHING, next };
    const jobs = sharedJobsOf(database);
    expect(certain(await jobs.advance(on, other))).toBe(false);
    expect(certain(await jobs.advance(on, owner))).toBe(true);
    expect(certain(await jobs.advance(on, owner))).toBe(false);
    // A stage without rows is done as soon as it begins.
    expect(certain(await jobs.toAssemble(owner))).toMatchObject([{ job: JOB, stage: 1 }]);
    const output = { job: JOB, stage: 1, tensors: NOTHING, bytes: NOTHING };
    const end = { job: JOB, state: 'done', ended: NOTHING, output } as const;
    expect(certain(await jobs.end(end, other))).toBe(false);
    expect(certain(await jobs.end(end, owner))).toBe(true);
    const canceled = { ...end, state: 'canceled', output: null } as const;
    expect(certain(await jobs.end(canceled, other))).toBe(false);
    expect(certain(await jobs.endedAmong([JOB]))).toEqual([JOB]);
    expect(certain(await database.read('SELECT 1 FROM claims'))).toEqual([]);
  });

  it('accepts one of jobs that come with one key through several members at once', async () => {
    const members = await Promise.all(Array.from({ length: 5 }, (_, index) => join(`m${index}`)));
    const first = { stage: 0, plan: NOTHING, work: NOTHING, rowCount: 10, claimRows: 10 };
    const submitted = await Promise.all(
      members.map((member, index) =>
        sharedJobsOf(test.another()).submit(
          { ...BARE_JOB, job: `job_${index}` as JobId, first },
          member,
        ),
      ),
    );
    const kinds = submitted.map((outcome) => certain(outcome).kind);
    expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(1);
    expect(certain(await database.read('SELECT job FROM jobs'))).toHaveLength(1);
  });

  it('gives the jobs of the dead to who adopts', async () => {
    const [heir, dead] = [await join('heir'), await join('dead')];
    await submit(dead, { rowCount: 0, claimRows: 1 });
    await die(dead);
    certain(await membersOf(database).adopt(dead, heir));
    expect(certain(await sharedJobsOf(database).toAssemble(dead))).toEqual([]);
    expect(certain(await sharedJobsOf(database).toAssemble(heir))).toHaveLength(1);
  });
});

function failNow(): never {
  throw new Error('there is none');
}
