import { describe, expect, it } from 'vitest';
import { ENDED_JOBS_MAX, OPEN_JOBS_MAX, STAGE_TASKS_MAX, UNJUDGED_MAX } from '../domain/limits.ts';
import { admitJob } from './admission.ts';
import { countAble } from './matching.ts';
import {
  countWaiting,
  idleReasonFor,
  jobView,
  listAgents,
  listJobs,
  nextDueAtMs,
} from './queries.ts';
import {
  deviceWith,
  jobNamed,
  NEEDS_ADD,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
  theCheck,
} from './rehearsal.contract.ts';

const RECOMPUTE = { kind: 'recompute', share: 0.1 } as const;
const ONE_TASK = stageOf({ rowCount: 1, rowsPerTask: 1 });

describe('an idle agent learns why', () => {
  const needsMatmul = { ...NEEDS_ADD, primitives: ['matmul'] } as const;
  const refusal = (rehearsal: Rehearsal) => the('lease-refused', rehearsal.ask('ada')).reason;
  function withAda(bytes = 1000, lanes = 1): Rehearsal {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada', deviceWith(['add'], { bytes, lanes }));
    return rehearsal;
  }

  it('no_jobs: nothing is queued', () => {
    expect(refusal(withAda())).toBe('no_jobs');
  });

  it('missing_primitive: what waits needs one', () => {
    const rehearsal = withAda();
    rehearsal.submit(0, stageOf({ rowCount: 1, rowsPerTask: 1 }, 0, needsMatmul), RECOMPUTE);
    expect(refusal(rehearsal)).toBe('missing_primitive');
  });

  it('memory_too_small: lanes share the memory', () => {
    const rehearsal = withAda(1999, 2);
    rehearsal.submit(0, ONE_TASK, RECOMPUTE);
    expect(refusal(rehearsal)).toBe('memory_too_small');
    rehearsal.join('ada', deviceWith(['add'], { bytes: 2000, lanes: 2 }));
    expect(rehearsal.lease('ada')).toHaveLength(1);
  });

  it('all_leased: others hold every task', () => {
    const rehearsal = withAda();
    rehearsal.join('ben');
    rehearsal.submit(0, ONE_TASK, RECOMPUTE);
    expect(rehearsal.lease('ben')).toHaveLength(1);
    expect(refusal(rehearsal)).toBe('all_leased');
  });

  it('checks_behind: UNJUDGED_MAX results of all agents wait for verdicts', () => {
    const rehearsal = withAda();
    rehearsal.submit(0, stageOf({ rowCount: 2, rowsPerTask: 1 }), RECOMPUTE);
    // As if others had reported so many: to report a million takes seconds.
    rehearsal.state.resultsUnjudged = UNJUDGED_MAX - 1;
    const check = theCheck(rehearsal.report('ada', rehearsal.leaseOne('ada').lease));
    expect(refusal(rehearsal)).toBe('checks_behind');
    rehearsal.judge(check);
    expect(rehearsal.lease('ada')).toHaveLength(1);
  });

  it('by a query too, which tells nothing where a task is for it', () => {
    const rehearsal = withAda();
    const reason = () => idleReasonFor(rehearsal.state, sessionNamed('ada'), rehearsal.atMs);
    expect(reason()).toMatchObject({ reason: 'no_jobs' });
    rehearsal.submit(0, ONE_TASK, RECOMPUTE);
    expect(reason()).toBeNull();
  });
});

describe('jobs', () => {
  it('are served in turn, request by request', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada');
    for (const job of [0, 1, 2]) {
      rehearsal.submit(job, stageOf({ rowCount: 10, rowsPerTask: 1 }), RECOMPUTE);
    }
    const served = () => [...new Set(rehearsal.lease('ada', 2).map(({ job }) => job))];
    const turns = [served(), served(), served(), served()];
    expect(turns).toEqual([0, 1, 2, 0].map((job) => [jobNamed(job)]));
  });

  it('of different requirements are served in turn too, and fill one request together', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada');
    for (const job of [0, 1, 2]) {
      const requirement = { ...NEEDS_ADD, memoryBytes: 100 + job };
      const plan = stageOf({ rowCount: 2, rowsPerTask: 1 }, 0, requirement);
      rehearsal.submit(job, plan, RECOMPUTE);
    }
    const jobs = rehearsal.lease('ada', 64).map(({ job }) => job);
    expect(jobs).toEqual([0, 0, 1, 1, 2, 2].map(jobNamed));
  });

  it('get returned tasks done first', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada');
    rehearsal.join('ben');
    rehearsal.submit(0, stageOf({ rowCount: 9, rowsPerTask: 1 }), RECOMPUTE);
    rehearsal.fail('ada', rehearsal.leaseOne('ada').lease);
    expect(rehearsal.leaseOne('ada').rows.start).toBe(1);
    expect(rehearsal.lease('ben', 2).map(({ rows }) => rows.start)).toEqual([0, 2]);
  });

  it('are listed newest first, page by page, open or ended', () => {
    const rehearsal = new Rehearsal();
    for (const job of [0, 1, 2, 3, 4]) rehearsal.submit(job, ONE_TASK, RECOMPUTE);
    rehearsal.send({ kind: 'job-canceled', job: jobNamed(3) });
    const first = listJobs(rehearsal.state, { limit: 3 });
    expect(first).toMatchObject({
      ok: true,
      value: { jobs: [4, 3, 2].map((job) => ({ job: jobNamed(job) })), nextToken: '2' },
    });
    const second = listJobs(rehearsal.state, { limit: 3, afterToken: '2' });
    expect(second).toMatchObject({
      ok: true,
      value: { jobs: [1, 0].map((job) => ({ job: jobNamed(job) })), nextToken: null },
    });
    const refused = listJobs(rehearsal.state, { limit: 3, afterToken: 'x' });
    expect(refused).toMatchObject({ ok: false, failure: { code: 'input_invalid' } });
  });

  it('are refused beyond OPEN_JOBS_MAX, and forgotten beyond ENDED_JOBS_MAX', () => {
    const rehearsal = new Rehearsal();
    for (let job = 0; job < OPEN_JOBS_MAX; job++) {
      expect(admitJob(rehearsal.state, ONE_TASK).ok).toBe(true);
      rehearsal.submit(job, ONE_TASK, RECOMPUTE);
    }
    expect(admitJob(rehearsal.state, ONE_TASK)).toMatchObject({ failure: { code: 'queue_full' } });
    expect(rehearsal.submit(OPEN_JOBS_MAX, ONE_TASK, RECOMPUTE)).toEqual([]);
    for (let job = 0; job < ENDED_JOBS_MAX; job++) {
      rehearsal.send({ kind: 'job-canceled', job: jobNamed(job) });
    }
    rehearsal.submit(5000, ONE_TASK, RECOMPUTE);
    rehearsal.send({ kind: 'job-canceled', job: jobNamed(5000) });
    expect(jobView(rehearsal.state, jobNamed(0))).toBeNull();
    expect(jobView(rehearsal.state, jobNamed(1))?.state).toBe('canceled');
  });

  it.each([
    [STAGE_TASKS_MAX, true],
    [STAGE_TASKS_MAX + 1, false],
  ])('with %i tasks are admitted: %s', (rowCount, ok) => {
    const rehearsal = new Rehearsal();
    const plan = stageOf({ rowCount, rowsPerTask: 1 });
    expect(admitJob(rehearsal.state, plan).ok).toBe(ok);
    rehearsal.submit(0, plan, RECOMPUTE);
    expect(jobView(rehearsal.state, jobNamed(0))?.state).toBe(ok ? 'queued' : 'failed');
    expect(countWaiting(rehearsal.state)).toBe(ok ? rowCount : 0);
  });
});

describe('queries', () => {
  it('count the agents able to meet a requirement', () => {
    const rehearsal = new Rehearsal();
    rehearsal.join('ada', deviceWith(['add', 'matmul']));
    rehearsal.join('ben', deviceWith(['add']));
    const able = (memoryBytes: number, ...primitives: ('add' | 'matmul')[]) =>
      countAble(rehearsal.state, { ...NEEDS_ADD, primitives, memoryBytes });
    expect([able(1, 'add'), able(1, 'add', 'matmul'), able(2 ** 31, 'add')]).toEqual([2, 1, 0]);
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('ada') });
    expect(able(1, 'matmul')).toBe(0);
    expect([...listAgents(rehearsal.state)].map(({ session }) => session)).toEqual([
      sessionNamed('ben'),
    ]);
  });

  it('tell when the next tick changes anything', () => {
    const rehearsal = new Rehearsal();
    expect(nextDueAtMs(rehearsal.state)).toBeNull();
    rehearsal.join('ada');
    const due = nextDueAtMs(rehearsal.state) ?? 0;
    rehearsal.after(due - rehearsal.atMs - 1);
    expect(rehearsal.tick()).toEqual([]);
    expect(rehearsal.after(1).tick()).not.toEqual([]);
  });
});
