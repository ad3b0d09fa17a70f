import { describe, expect, it } from 'vitest';
import { RUNNING_JOB } from './job-view.contract.ts';
import {
  clockTime,
  grouped,
  isNewsworthy,
  jobLine,
  jobShare,
  progressBar,
  stateWords,
  transferLine,
} from './progress.ts';

const job = RUNNING_JOB;

const since = { atMs: 1000, share: 0 };

describe('jobLine', () => {
  it('shows share, rows, agents and the time left', () => {
    expect(jobLine(job, { nowMs: 11_000, width: 200, since })).toBe(
      '[######------------------]  25 %  2,500 of 10,000 rows  2 agents  about 0:30 left',
    );
  });

  it.each([
    ['too early', 2999],
    ['before the beginning, by a clock that is behind', 0],
  ])('estimates nothing %s', (_, nowMs) => {
    expect(jobLine(job, { nowMs, width: 200, since })).not.toContain('left');
  });

  it('judges the time left by what was seen, not by former waiting', () => {
    const late = { atMs: 100_000, share: 0.15 };
    const line = jobLine(job, { nowMs: 102_000, width: 200, since: late });
    expect(line).toContain('about 0:15 left');
  });

  it('counts stages, and says which', () => {
    const second = { ...job, stage: 1, stageCount: 3 };
    expect(jobShare(second)).toBeCloseTo(1.25 / 3);
    expect(jobLine(second, { nowMs: 0, width: 200, since })).toContain('stage 2 of 3');
  });

  it.each([0, 1, 40, 80])('fits in %i columns', (width) => {
    expect(jobLine(job, { nowMs: 11_000, width, since }).length).toBeLessThanOrEqual(
      Math.max(width - 1, 0),
    );
  });

  it('shows 99 % while one row is missing, and 100 % when done', () => {
    const almost = { ...job, rowsAccepted: 9999 };
    expect(jobLine(almost, { nowMs: 0, width: 200, since })).toContain(' 99 %');
    expect(jobLine({ ...almost, state: 'done' }, { nowMs: 0, width: 200, since })).toContain(
      '100 %',
    );
  });
});

describe('jobShare', () => {
  it.each([
    ['a job without rows', { rowCount: 0, rowsAccepted: 0 }, 0],
    ['a job without stages', { stageCount: 0 }, 0],
    ['a done job', { state: 'done', rowCount: 0 }, 1],
  ] as const)('is defined for %s', (_, changes, share) => {
    expect(jobShare({ ...job, ...changes })).toBe(share);
  });
});

describe('stateWords', () => {
  it.each([
    [{ state: 'queued' }, 'waiting for an agent'],
    [{ contributorCount: 1 }, '1 agent'],
    [{ tasksLeased: 0, tasksChecking: 3 }, '2 agents, checking 3 results'],
    [{ state: 'failed' }, 'failed'],
  ] as const)('of %j is "%s"', (changes, words) => {
    expect(stateWords({ ...job, ...changes })).toBe(words);
  });
});

describe('isNewsworthy', () => {
  it.each([
    ['the first view', null, job, true],
    ['another row', job, { ...job, rowsAccepted: 2999 }, false],
    ['another tenth', job, { ...job, rowsAccepted: 3000 }, true],
    ['another state', job, { ...job, state: 'canceled' }, true],
  ] as const)('of %s', (_, former, next, expected) => {
    expect(isNewsworthy(former, next)).toBe(expected);
  });
});

describe('progressBar', () => {
  it.each([
    [0, 0],
    [0.5, 12],
    [1, 24],
    [1.5, 24],
    [-1, 0],
  ])('of %d has %i full cells', (share, full) => {
    expect(progressBar(share)).toBe(`[${'#'.repeat(full)}${'-'.repeat(24 - full)}]`);
  });
});

describe('transferLine', () => {
  it('shows an empty file as complete', () => {
    const line = transferLine('model.onnx', { doneBytes: 0, totalBytes: 0, width: 80 });
    expect(line).toContain('100 %  0 B of 0 B  model.onnx');
  });
});

describe('clockTime and grouped', () => {
  it.each([
    [0, '0:00'],
    [59_499, '0:59'],
    [60_000, '1:00'],
    [3_725_000, '1:02:05'],
    [-5, '0:00'],
  ])('%i ms are %s', (durationMs, text) => {
    expect(clockTime(durationMs)).toBe(text);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('%i is %s', (count, text) => {
    expect(grouped(count)).toBe(text);
  });
});
