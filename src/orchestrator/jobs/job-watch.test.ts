import { describe, expect, it } from 'vitest';
import type { JobId } from '../../domain/ids.ts';
import type { JobView } from '../../domain/job.ts';
import { WATCHERS_MAX } from '../../domain/limits.ts';
import { nodePlatform } from '../node-platform.ts';
import { jobWatch } from './job-watch.ts';

const job = `job_${'0'.repeat(26)}` as JobId;
const view: JobView = {
  job,
  name: 'watched',
  workload: 'operators',
  state: 'running',
  submittedAtMs: 1,
  endedAtMs: null,
  stage: 0,
  stageCount: 1,
  taskCount: 1,
  tasksAccepted: 0,
  tasksLeased: 0,
  tasksChecking: 0,
  rowCount: 1,
  rowsAccepted: 0,
  rowsSampled: 0,
  rowsAgreed: 0,
  checks: [],
  contributorCount: 0,
  failure: null,
};

describe('watching jobs', () => {
  it('is refused beyond WATCHERS_MAX streams, until one of them ends', async () => {
    const watch = jobWatch(async () => view, nodePlatform);
    const begin = async () => {
      const abort = new AbortController();
      const stream = watch.watch(job, abort.signal);
      return { abort, stream, first: await stream.next() };
    };
    const streams = await Promise.all(Array.from({ length: WATCHERS_MAX }, begin));
    expect(streams.every(({ first }) => first.value === view)).toBe(true);
    await expect(begin()).rejects.toMatchObject({
      failure: { code: 'queue_full', message: expect.stringContaining('GetJob') },
    });
    await streams[0]?.stream.return(undefined);
    expect((await begin()).first.value).toBe(view);
    watch.stop();
  });

  it('of one that does not exist is refused, and takes no place', async () => {
    const watch = jobWatch(async () => null, nodePlatform);
    for (let times = 0; times <= WATCHERS_MAX; times++) {
      const stream = watch.watch(job, new AbortController().signal);
      await expect(stream.next()).rejects.toMatchObject({ failure: { code: 'job_unknown' } });
    }
  });
});
