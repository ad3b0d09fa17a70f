import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONTENTS_PER_AGENT_MAX,
  CONTRIBUTOR_WEIGHT,
  DEADLINE_WEIGHT_MAX,
  LEASES_PER_CALL_MAX,
  LOCALITY_AHEAD_MS,
  OPEN_JOBS_SCANNED_MAX,
  TASK_TARGET_MS,
} from '../domain/limits.ts';
import type { StagePlan } from './event.ts';
import { jobView } from './queries.ts';
import {
  agentNamed,
  blobNamed,
  jobNamed,
  only,
  Rehearsal,
  sessionNamed,
  stageOf,
  the,
} from './rehearsal.contract.ts';

const ALL = { kind: 'recompute', share: 1 } as const;
const LONG = stageOf({ rowCount: 1_000_000, rowsPerTask: 1 });

/** Leases one task at a time and has it accepted; counts tasks by job. */
function serve(rehearsal: Rehearsal, count: number): number[] {
  const served: number[] = [];
  for (let task = 0; task < count; task++) {
    const { job, lease } = rehearsal.leaseOne('ada');
    const number = Number(job.slice(4));
    served[number] = (served[number] ?? 0) + 1;
    const checks = only('checks-requested', rehearsal.report('ada', lease));
    for (const check of checks.flatMap((effect) => effect.checks)) rehearsal.judge(check);
  }
  return served;
}

function network(): Rehearsal {
  const rehearsal = new Rehearsal();
  rehearsal.join('ada');
  return rehearsal;
}

describe('shares of the network', () => {
  it('are as the weights of jobs that always have tasks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 6 }),
        (weights) => {
          const rehearsal = network();
          weights.forEach((weight, job) => rehearsal.submit(job, LONG, ALL, { weight }));
          const sum = weights.reduce((total, weight) => total + weight, 0);
          const rounds = 4;
          const served = serve(rehearsal, rounds * sum);
          // Never off by more than a task for each job.
          return weights.every((weight, job) => {
            return Math.abs((served[job] ?? 0) - rounds * weight) <= weights.length;
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('count computing, not tasks: rows that take longer are fewer', () => {
    const rehearsal = network();
    rehearsal.submit(0, LONG, ALL);
    rehearsal.submit(1, { ...LONG, msPerRow: 4 }, ALL);
    expect(serve(rehearsal, 100)).toEqual([80, 20]);
  });

  it('are not saved up by a job that comes late', () => {
    const rehearsal = network();
    rehearsal.submit(0, LONG, ALL);
    serve(rehearsal, 100);
    rehearsal.submit(1, LONG, ALL);
    const [before = 0, late = 0] = serve(rehearsal, 20);
    expect(Math.abs(before - late)).toBeLessThanOrEqual(2);
  });

  it("are a little larger for a contributor's job, once a result of its key was accepted", () => {
    const rehearsal = network();
    rehearsal.submit(0, LONG, ALL);
    rehearsal.submit(1, LONG, ALL, { contributor: agentNamed('ada') });
    serve(rehearsal, 10);
    const [plain = 0, own = 0] = serve(rehearsal, 450);
    expect(own / plain).toBeCloseTo(CONTRIBUTOR_WEIGHT, 1);
    const other = network();
    other.submit(0, LONG, ALL);
    other.submit(1, LONG, ALL, { contributor: agentNamed('nobody') });
    expect(serve(other, 100)).toEqual([50, 50]);
  });

  it('grow for a job that falls behind its deadline, which fails it when it comes', () => {
    const rehearsal = network();
    rehearsal.submit(0, LONG, ALL);
    rehearsal.submit(1, LONG, ALL, { deadlineAtMs: rehearsal.atMs + 100_000 });
    expect(serve(rehearsal, 40)).toEqual([20, 20]);
    rehearsal.after(90_000).join('ada');
    const [plain = 0, urgent = 0] = serve(rehearsal, 100);
    expect(urgent).toBeGreaterThan(3 * plain);
    const ended = the('job-ended', rehearsal.after(10_000).tick());
    expect(ended).toMatchObject({
      job: jobNamed(1),
      end: { failure: { code: 'deadline_passed' } },
    });
    expect(jobView(rehearsal.state, jobNamed(0))?.state).toBe('running');
  });
});

describe('the share of a job with a deadline', () => {
  it('grows to DEADLINE_WEIGHT_MAX times that of others', () => {
    const rehearsal = network();
    const deadlineMs = 1_000_000;
    rehearsal.submit(0, LONG, ALL);
    rehearsal.submit(1, LONG, ALL, { deadlineAtMs: rehearsal.atMs + deadlineMs });
    rehearsal.after(deadlineMs - 1).join('ada');
    const [plain = 0, urgent = 0] = serve(rehearsal, 100 * (1 + DEADLINE_WEIGHT_MAX));
    expect(urgent / plain).toBeCloseTo(DEADLINE_WEIGHT_MAX, 1);
  });
});

describe('data that an agent holds', () => {
  const model = (number: number): StagePlan => ({
    ...LONG,
    msPerRow: TASK_TARGET_MS,
    contents: [blobNamed(number)],
  });

  it('keeps it with a job that needs them, but not too far ahead of its turn', () => {
    const rehearsal = network();
    for (const job of [0, 1, 2]) rehearsal.submit(job, model(job), ALL);
    const first = rehearsal.leaseOne('ada').job;
    const stays = Array.from({ length: LOCALITY_AHEAD_MS / TASK_TARGET_MS }, () => {
      return rehearsal.leaseOne('ada').job;
    });
    expect(new Set(stays)).toEqual(new Set([first]));
    expect(rehearsal.leaseOne('ada').job).not.toBe(first);
  });

  it('leads to another job of the same model', () => {
    const rehearsal = network();
    rehearsal.submit(0, { ...model(7), rowCount: 1 }, ALL);
    rehearsal.leaseOne('ada');
    rehearsal.submit(1, model(1), ALL);
    rehearsal.submit(2, model(7), ALL);
    expect(rehearsal.leaseOne('ada').job).toBe(jobNamed(2));
    rehearsal.join('ben');
    expect(rehearsal.leaseOne('ben').job).toBe(jobNamed(1));
  });
});

describe('an agent that fetched many models', () => {
  it.each([
    ['is known to hold the last CONTENTS_PER_AGENT_MAX', 1, 'local'],
    ['is taken to hold those before them no more', 0, 'in turn'],
  ])('%s', (_, former, which) => {
    const rehearsal = network();
    const submit = (job: number, model: number, rowCount: number): void => {
      const contents = [blobNamed(model)];
      rehearsal.submit(job, { ...LONG, rowCount, contents }, ALL);
    };
    for (let model = 0; model <= CONTENTS_PER_AGENT_MAX; model++) {
      submit(model, model, 1);
      rehearsal.leaseOne('ada');
    }
    submit(100, 100, 10);
    submit(101, former, 10);
    expect(rehearsal.leaseOne('ada').job).toBe(jobNamed(which === 'local' ? 101 : 100));
  });
});

describe('a request', () => {
  it.each([
    ['finds a returned task behind fewer than', OPEN_JOBS_SCANNED_MAX - 1, 1],
    ['does not look for one behind', OPEN_JOBS_SCANNED_MAX, 0],
  ])('%s OPEN_JOBS_SCANNED_MAX jobs that have none for its agent', (_, count, found) => {
    const rehearsal = network();
    const plan = stageOf({ rowCount: 1, rowsPerTask: 1 });
    for (let job = 0; job < count; job++) rehearsal.submit(job, plan, { kind: 'twice' });
    const own = Array.from({ length: count }, () => rehearsal.leaseOne('ada').lease);
    for (const lease of own) rehearsal.report('ada', lease);
    rehearsal.submit(count, plan, ALL);
    rehearsal.join('ben');
    expect(rehearsal.leaseOne('ben').job).toBe(jobNamed(count));
    rehearsal.send({ kind: 'agent-left', session: sessionNamed('ben') });
    expect(rehearsal.lease('ada')).toHaveLength(found);
  });

  it('is never refused for jobs at the front that have nothing for its agent', () => {
    const rehearsal = network();
    rehearsal.join('ben');
    for (let job = 0; job < 40; job++) {
      rehearsal.submit(job, stageOf({ rowCount: 1, rowsPerTask: 1 }), { kind: 'twice' });
    }
    for (let left = 40; left > 0;) {
      const leases = rehearsal.lease('ada', LEASES_PER_CALL_MAX);
      left -= leases.length;
      for (const { lease } of leases) rehearsal.report('ada', lease);
    }
    rehearsal.submit(40, LONG, ALL);
    expect(rehearsal.leaseOne('ada').job).toBe(jobNamed(40));
  });
});
