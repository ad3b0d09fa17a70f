import { describe, expect, it } from 'vitest';
import {
  AGENTS_MAX,
  WORK_BITS_MAX,
  WORK_BITS_MIN,
  WORK_SESSIONS_SHARE,
} from '../../domain/limits.ts';
import { workDemand } from './work-demand.ts';

const rate = { perSecond: 1, burst: 10 };

function after(joins: number, nowMs = 0, sessionCount = 0): number {
  const demand = workDemand(rate);
  for (let count = 0; count < joins; count++) demand.joined(0);
  return demand.bits({ nowMs, sessionCount });
}

describe('workDemand', () => {
  it.each([
    [0, 0],
    [9, 0],
    [10, WORK_BITS_MIN],
    [19, WORK_BITS_MIN],
    [20, WORK_BITS_MIN + 1],
    [39, WORK_BITS_MIN + 1],
    [40, WORK_BITS_MIN + 2],
    [10_000, WORK_BITS_MAX],
  ])('asks, after %i joins at once, for %i bits', (joins, bits) => {
    expect(after(joins)).toBe(bits);
  });

  it('asks for nothing once the rate is kept again', () => {
    expect(after(15, 5_000)).toBe(WORK_BITS_MIN);
    expect(after(15, 5_001)).toBe(0);
  });

  it('forgets a flood, however large it was', () => {
    expect(after(1_000_000, 639_000)).toBe(WORK_BITS_MIN);
    expect(after(1_000_000, 640_001)).toBe(0);
  });

  it('asks for work where few places are left', () => {
    const share = AGENTS_MAX * WORK_SESSIONS_SHARE;
    expect(after(0, 0, share)).toBe(0);
    expect(after(0, 0, share + 1)).toBe(WORK_BITS_MIN);
    expect(after(20, 0, share + 1)).toBe(WORK_BITS_MIN + 1);
  });
});
