import { describe, expect, it } from 'vitest';
import { stepPath, withPoint, type ChartPoint } from './step-path.ts';

const SIZE = { width: 100, height: 10 };

describe('stepPath', () => {
  it('draws the ground where there is nothing yet', () => {
    expect(stepPath([], SIZE)).toBe('M0 10H100');
  });

  it('draws a level line for a single point', () => {
    expect(stepPath([{ atMs: 5, value: 3 }], SIZE)).toBe('M0 0H100');
  });

  it('stays level until the next point and then steps', () => {
    const points = [
      { atMs: 0, value: 0 },
      { atMs: 50, value: 2 },
      { atMs: 100, value: 4 },
    ];
    expect(stepPath(points, SIZE)).toBe('M0 10H50V5H100V0');
  });
});

describe('withPoint', () => {
  it('keeps a history as it is when the value did not change', () => {
    const history = [{ atMs: 0, value: 1 }];
    expect(withPoint(history, { atMs: 9, value: 1 }, 10)).toBe(history);
  });

  it('never grows beyond its limit and keeps its beginning and its end', () => {
    let history: readonly ChartPoint[] = [];
    for (let value = 0; value < 1_000; value += 1) {
      history = withPoint(history, { atMs: value, value }, 16);
    }
    expect(history.length).toBeLessThanOrEqual(16);
    expect(history[0]).toEqual({ atMs: 0, value: 0 });
    expect(history.at(-1)).toEqual({ atMs: 999, value: 999 });
    expect(history).toEqual(history.toSorted((a, b) => a.atMs - b.atMs));
  });
});
