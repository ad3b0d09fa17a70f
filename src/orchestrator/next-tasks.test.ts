import { describe, expect, it } from 'vitest';
import { USUAL_TERMS, type JobSpec } from '../domain/job.ts';
import type { LeasedTask } from '../domain/work.ts';
import { signBytes } from '../integrity/index.ts';
import {
  idleReasonFromWire,
  jobSpecToWire,
  leasedTasksFromWire,
  reportToBytes,
  ResultStatus,
} from '../wire/index.ts';
import {
  floats,
  producerOf,
  startForTest,
  valueOf,
  volunteerAt,
  type Volunteer,
} from './volunteer.contract.ts';

const ROWS = 6;
const JOB: JobSpec = {
  name: 'relu',
  workload: {
    kind: 'operators',
    inputs: [{ name: 'x', tensor: floats([ROWS, 1], [-2, -1, 0, 1, 2, 3]) }],
    nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }],
    outputs: ['y'],
  },
  ...USUAL_TERMS,
  checking: { kind: 'recompute', share: 1 },
  rowsPerTask: 1,
};

async function reportAndAsk(volunteer: Volunteer, tasks: readonly LeasedTask[], maxTasks?: number) {
  const { session, key, agents } = volunteer;
  const results = await Promise.all(tasks.map(volunteer.compute));
  const report = reportToBytes({ session, results });
  const signature = await signBytes(key, { purpose: 'report', bytes: report });
  return agents.reportResults({
    report,
    signature,
    ...(maxTasks !== undefined && { maxTasks }),
  });
}

describe('a report that asks for tasks', () => {
  it('brings one after the other to a job’s end, with one call a task', async () => {
    const orchestrator = await startForTest();
    const producer = producerOf(orchestrator);
    const volunteer = await volunteerAt(orchestrator.url);
    const spec = jobSpecToWire(JOB);
    const { job } = await producer.jobs.submitJob({ idempotencyKey: 'relu', spec });
    let tasks = await volunteer.lease({ maxTasks: 1, waitMs: 5_000 });
    const seen: number[] = [];
    let reason = null;
    while (tasks.length > 0) {
      seen.push(...tasks.map(({ rows }) => rows.start));
      const { statuses, next } = await reportAndAsk(volunteer, tasks, 1);
      expect(statuses).toEqual([ResultStatus.RECEIVED]);
      tasks = valueOf(leasedTasksFromWire({ works: [], tasks: [], ...next }));
      reason = next?.idleReason ?? null;
    }
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    // All is leased or done: the job may have ended already.
    expect(['no_jobs', 'all_leased']).toContain(idleReasonFromWire(reason ?? 0));
    await expect
      .poll(async () => {
        const { job: seenJob } = await producer.jobs.getJob({ jobId: job?.jobId ?? '' });
        return seenJob?.endedAtMs;
      })
      .toBeGreaterThan(0n);
  });

  it('is answered as before where it does not ask, as by an older agent', async () => {
    const orchestrator = await startForTest();
    const volunteer = await volunteerAt(orchestrator.url);
    const spec = jobSpecToWire(JOB);
    await producerOf(orchestrator).jobs.submitJob({ idempotencyKey: 'relu', spec });
    const tasks = await volunteer.lease({ maxTasks: 2, waitMs: 5_000 });
    const answer = await reportAndAsk(volunteer, tasks);
    expect(answer.next).toBe(undefined);
    expect(await volunteer.lease({ maxTasks: 64 })).toHaveLength(ROWS - 2);
  });

  it('brings no more than it asks for, and no more than is allowed', async () => {
    const orchestrator = await startForTest();
    const volunteer = await volunteerAt(orchestrator.url);
    const spec = jobSpecToWire(JOB);
    await producerOf(orchestrator).jobs.submitJob({ idempotencyKey: 'relu', spec });
    const tasks = await volunteer.lease({ maxTasks: 1, waitMs: 5_000 });
    await expect(reportAndAsk(volunteer, tasks, 65)).rejects.toThrow('max_tasks');
    expect((await reportAndAsk(volunteer, tasks, 3)).next?.tasks).toHaveLength(3);
  });
});

describe('a volunteer that waits while another does the last tasks', () => {
  it('is told that nothing is queued, once the job ended', async () => {
    const orchestrator = await startForTest();
    const [busy, waiting] = [
      await volunteerAt(orchestrator.url),
      await volunteerAt(orchestrator.url),
    ];
    const spec = jobSpecToWire({ ...JOB, rowsPerTask: ROWS });
    await producerOf(orchestrator).jobs.submitJob({ idempotencyKey: 'relu', spec });
    const tasks = await busy.lease({ maxTasks: 1, waitMs: 5_000 });
    expect(tasks).toHaveLength(1);
    const ask = { sessionId: waiting.session, maxTasks: 1 };
    const now = await waiting.agents.leaseTasks({ ...ask, waitMs: 0 });
    expect(idleReasonFromWire(now.idleReason)).toBe('all_leased');
    const later = waiting.agents.leaseTasks({ ...ask, waitMs: 20_000 });
    await reportAndAsk(busy, tasks);
    // What it would be told at the end of its wait is what it is told first.
    expect(idleReasonFromWire((await later).idleReason)).toBe('no_jobs');
  });
});
