import { describe, expect, it } from 'vitest';
import type { JobId } from '../domain/ids.ts';
import type { JobView } from '../domain/job.ts';
import { jobDetails } from './job-words.ts';

const JOB: JobView = {
  job: 'job_00000000000000000000000001' as JobId,
  name: 'digits',
  workload: 'inference',
  state: 'running',
  submittedAtMs: 1000,
  endedAtMs: null,
  stage: 0,
  stageCount: 1,
  taskCount: 20,
  tasksAccepted: 5,
  tasksLeased: 2,
  tasksChecking: 1,
  rowCount: 10_000,
  rowsAccepted: 2500,
  rowsSampled: 0,
  rowsAgreed: 0,
  checks: ['structure', 'signature', 'freivalds-float'],
  contributorCount: 2,
  failure: null,
};

describe('the details of a job', () => {
  it.each([
    [{}, 'checked    2,500 rows completely'],
    [{ rowsSampled: 2500 }, 'checked    2,500 by samples of each result'],
    [
      { rowsSampled: 400, rowsAgreed: 100 },
      'checked    2,000 rows completely, 400 by samples of each result, 100 by two agents that agree',
    ],
  ])('say how its rows were verified: %o', (counts, line) => {
    expect(jobDetails({ ...JOB, ...counts }).split('\n')).toContain(line);
  });

  it('name the checks that each result passed', () => {
    const lines = jobDetails(JOB).split('\n');
    expect(lines).toContain('checks     each passed structure, signature, freivalds-float');
  });

  it('say nothing of checks before the first result is accepted', () => {
    const text = jobDetails({ ...JOB, rowsAccepted: 0, checks: [] });
    expect(text).not.toMatch(/^check/m);
  });
});
