import { encode } from 'cborg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId } from '../../domain/ids.ts';
import { certain } from './background-work.ts';
import { jobEndings } from './job-endings.ts';
import { membersOf } from './members.ts';
import { sharedJobsOf } from './shared-jobs.ts';
import { sharedViews } from './shared-views.ts';
import { makeTestDatabase, TEST_POSTGRES, type TestDatabase } from './test-database.contract.ts';

const NOTHING = new Uint8Array();
const AT = 1_700_000_000_000;

describe.skipIf(TEST_POSTGRES === null)('the end of jobs at their deadline', () => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await makeTestDatabase();
  });
  afterEach(() => test.drop());

  const join = async (): Promise<number> =>
    certain(await membersOf(test.database).join({ name: '', url: '', seed: 1 })).epoch;

  const submit = async (name: string, by: number, deadlineAtMs: number | null): Promise<JobId> => {
    const job = `job_${name}` as JobId;
    const spec = encode({ name, workload: { kind: 'operators' } });
    const kept = { idempotencyKey: name, specDigest: NOTHING, spec, plan: encode({}) };
    const first = { stage: 0, plan: NOTHING, work: NOTHING, rowCount: 8, claimRows: 8 };
    certain(await sharedJobsOf(test.database).submit({ job, ...kept, deadlineAtMs, first }, by));
    return job;
  };

  const endLate = async (member: number, atMs: number): Promise<void> => {
    const [jobs, views] = [sharedJobsOf(test.database), sharedViews(test.database)];
    await jobEndings({ jobs, views, member, now: () => atMs }).endLate();
  };

  const stateOf = async (job: JobId) =>
    certain(await sharedViews(test.database).of(job))?.state ?? null;

  it('is brought by their owner, in the millisecond of the deadline', async () => {
    const [owner, other] = [await join(), await join()];
    const [late, later] = [await submit('late', owner, AT), await submit('later', owner, AT + 1)];
    const never = await submit('never', owner, null);
    await endLate(other, AT);
    await endLate(owner, AT - 1);
    expect(await stateOf(late)).toBe('queued');
    await endLate(owner, AT);
    expect(await stateOf(late)).toBe('failed');
    expect([await stateOf(later), await stateOf(never)]).toEqual(['queued', 'queued']);
    expect(certain(await sharedViews(test.database).of(late))).toMatchObject({
      endedAtMs: AT,
      failure: { code: 'deadline_passed' },
    });
  });

  it('is brought by who adopted their owner', async () => {
    const [owner, other] = [await join(), await join()];
    const job = await submit('late', owner, AT);
    certain(await membersOf(test.database).leave(owner));
    expect(certain(await membersOf(test.database).adopt(owner, other))).toBe(true);
    await endLate(other, AT);
    expect(await stateOf(job)).toBe('failed');
  });

  it('leaves jobs alone that are over', async () => {
    const owner = await join();
    const job = await submit('canceled', owner, AT);
    const [jobs, views] = [sharedJobsOf(test.database), sharedViews(test.database)];
    const endings = jobEndings({ jobs, views, member: owner, now: () => AT - 1 });
    expect(certain(await endings.end(job, { kind: 'canceled' }))).toBe(true);
    await endLate(owner, AT + 1);
    expect(await stateOf(job)).toBe('canceled');
  });
});
