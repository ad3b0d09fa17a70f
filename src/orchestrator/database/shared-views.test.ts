import { encode } from 'cborg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../domain/ids.ts';
import type { JobView } from '../../domain/job.ts';
import { ENDED, STORED_JOB } from '../log/store.contract.ts';
import { claimsOf } from './claims.ts';
import { membersOf } from './members.ts';
import { sharedJobsOf } from './shared-jobs.ts';
import { sharedViews, type SharedViews } from './shared-views.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  type TestDatabase,
} from './test-database.contract.ts';

const NOTHING = new Uint8Array();

describe.skipIf(TEST_POSTGRES === null)('a job as any member shows it', () => {
  let test: TestDatabase;
  let views: SharedViews;
  let one: number;
  let other: number;
  beforeEach(async () => {
    test = await makeTestDatabase();
    views = sharedViews(test.database);
    [one, other] = [await join(), await join()];
  });
  afterEach(() => test.drop());

  const join = async (): Promise<number> =>
    certain(await membersOf(test.database).join({ name: '', url: '', seed: 1 })).epoch;

  const submit = async (number: number): Promise<JobId> => {
    const job = `job_${number}` as JobId;
    const { spec, plan, specDigest } = STORED_JOB;
    const first = { stage: 0, plan: NOTHING, work: NOTHING, rowCount: 100, claimRows: 50 };
    const stored = { spec: encode(spec), plan: encode(plan), specDigest };
    certain(
      await sharedJobsOf(test.database).submit(
        { job, idempotencyKey: job, deadlineAtMs: null, ...stored, first },
        one,
      ),
    );
    return job;
  };

  const told = (job: JobId, changes: Partial<JobView>): JobView => {
    return { ...ENDED, job, taskCount: 5, tasksAccepted: 0, rowsAccepted: 0, ...changes };
  };

  it('is queued until somebody leases of it', async () => {
    const job = await submit(1);
    certain(await views.note([told(job, { contributorCount: 0 })], one));
    expect(certain(await views.of(job))).toMatchObject({
      job,
      name: 'j',
      workload: 'operators',
      state: 'queued',
      stageCount: 1,
      rowCount: 100,
      taskCount: 5,
      endedAtMs: null,
    });
    expect(certain(await views.of('job_0' as JobId))).toBe(null);
  });

  it('adds up what members say last of the stage at work, and no former one', async () => {
    const job = await submit(1);
    certain(await views.note([told(job, { tasksAccepted: 1, rowsAccepted: 10 })], one));
    certain(await views.note([told(job, { tasksAccepted: 2, rowsAccepted: 20 })], one));
    certain(await views.note([told(job, { tasksLeased: 3, rowsAccepted: 30 })], other));
    expect(certain(await views.of(job))).toMatchObject({
      state: 'running',
      taskCount: 10,
      tasksAccepted: 2,
      tasksLeased: 3,
      rowsAccepted: 50,
    });
    certain(await views.note([told(job, { stage: 1 })], other));
    expect(certain(await views.of(job))).toMatchObject({ taskCount: 5, rowsAccepted: 20 });
  });

  it('keeps the rows of a member that died where they are booked, and forgets the rest', async () => {
    const job = await submit(1);
    const [stage] = certain(await claimsOf(test.database).openStages());
    const stageId = stage?.stageId ?? Number.NaN;
    const [claim] = certain(
      await claimsOf(test.database).take(stageId, { member: other, count: 1 }),
    );
    if (claim === undefined) throw new Error('nothing to take');
    const results = [{ lease: 1, rows: claim.rows }];
    const as = { member: other, stream: other };
    certain(await claimsOf(test.database).finish({ ...claim, results }, as));
    certain(await views.note([told(job, { rowsAccepted: 70, tasksLeased: 2 })], other));
    expect(certain(await views.of(job))).toMatchObject({ rowsAccepted: 70, tasksLeased: 2 });
    certain(await membersOf(test.database).leave(other));
    certain(await membersOf(test.database).adopt(other, one));
    expect(certain(await views.of(job))).toMatchObject({
      state: 'running',
      rowsAccepted: 50,
      tasksLeased: 0,
    });
  });

  it('stays as it ended, whatever is said later', async () => {
    const job = await submit(1);
    const ended = { ...ENDED, job };
    const end = { job, state: 'canceled', ended: encode(ended), output: null } as const;
    expect(certain(await sharedJobsOf(test.database).end(end, other))).toBe(true);
    certain(await views.note([told(job, { tasksLeased: 1 })], one));
    expect(certain(await views.of(job))).toEqual(ended);
  });

  it('is listed with the others, newest first, a page at a time', async () => {
    const jobs: JobId[] = [];
    for (let number = 0; number < 5; number++) jobs.unshift(await submit(number));
    const first = certain(await views.list({ before: null, limit: 2 }));
    const second = certain(await views.list({ before: first.next, limit: 3 }));
    expect([...first.jobs, ...second.jobs].map(({ job }) => job)).toEqual(jobs);
    expect(first.next).not.toBe(null);
    expect(second.next).toBe(null);
  });
});
