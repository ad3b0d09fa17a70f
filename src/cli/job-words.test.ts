import { describe, expect, it } from 'vitest';
import type { JobView } from '../domain/job.ts';
import { RUNNING_JOB } from './job-view.contract.ts';
import { jobDetails } from './job-words.ts';

const JOB: JobView = {
  ...RUNNING_JOB,
  checks: ['structure', 'signature', 'freivalds-float'],
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
