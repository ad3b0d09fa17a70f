import { describe, expect, it } from 'vitest';
import { claimRows } from './cut-claims.ts';

describe('the rows of a claim', () => {
  it.each([
    { of: 'one small task', rowCount: 5, taskRows: 8, rows: 8 },
    { of: 'no rows at all', rowCount: 0, taskRows: 8, rows: 8 },
    { of: 'one task a claim, where tasks are few', rowCount: 64 * 8, taskRows: 8, rows: 8 },
    { of: 'two tasks, where one row is too many', rowCount: 64 * 8 + 1, taskRows: 8, rows: 16 },
    { of: 'many tasks', rowCount: 100_000, taskRows: 10, rows: 1_570 },
    { of: 'the most tasks', rowCount: 64 * 1_024, taskRows: 1, rows: 1_024 },
    { of: 'no more than that', rowCount: 1_000_000, taskRows: 1, rows: 1_024 },
  ])('are those of $of', ({ rowCount, taskRows, rows }) => {
    expect(claimRows({ rowCount, taskRows })).toBe(rows);
  });
});
