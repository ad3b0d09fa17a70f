import { describe, expect, it } from 'vitest';
import {
  closingLine,
  countPlaywright,
  countVitest,
  sumCounts,
  withExitCode,
} from './test-count.ts';

const vitest = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1 };
const stats = { expected: 3, unexpected: 0, flaky: 0, skipped: 0 };

describe('countVitest', () => {
  it('counts what is pending or to do as skipped', () => {
    const count = countVitest({ ...vitest, testResults: [] });
    expect(count).toEqual({ passed: 7, failed: 0, skipped: 3 });
  });

  it.each([
    ['a file that does not load', [], 1],
    ['a file whose hook broke', ['passed'], 1],
    ['a file whose test failed, which is counted already', ['passed', 'failed'], 0],
  ])('counts %s', (_, statuses, failed) => {
    const assertionResults = statuses.map((status) => ({ status }));
    const testResults = [
      { status: 'failed', assertionResults },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ];
    expect(countVitest({ ...vitest, testResults }).failed).toBe(failed);
  });
});

describe('countPlaywright', () => {
  it('counts a flaky test as passed and an error outside of tests as failed', () => {
    const count = countPlaywright({ stats: { ...stats, flaky: 1 }, errors: [{}] });
    expect(count).toEqual({ passed: 4, failed: 1, skipped: 0 });
  });
});

describe('withExitCode', () => {
  const clean = { passed: 1, failed: 0, skipped: 0 };
  it('tells a failure that no test told', () => {
    expect(withExitCode(clean, 1).failed).toBe(1);
  });
  it.each([
    [clean, 0],
    [{ ...clean, failed: 2 }, 1],
  ])('leaves %j with exit code %i as it is', (count, code) => {
    expect(withExitCode(count, code)).toEqual(count);
  });
});

describe('closingLine', () => {
  it('sums all runners', () => {
    const parts = [
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ];
    expect(closingLine(sumCounts(parts))).toBe('11 passed, 22 failed, 33 skipped');
  });
});
