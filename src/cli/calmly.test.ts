import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { calmly } from './calmly.ts';

describe('calmly', () => {
  it('tells the first value at once and of the next ones only the newest, at the end', () => {
    const told: number[] = [];
    const calm = calmly<number>(1_000_000, (value) => told.push(value));
    [1, 2, 3].forEach(calm.tell);
    expect(told).toEqual([1]);
    calm.end();
    expect(told).toEqual([1, 3]);
  });

  it('tells what was held back by itself', async () => {
    const told: number[] = [];
    const calm = calmly<number>(1, (value) => told.push(value));
    calm.tell(1);
    calm.tell(2);
    while (told.length < 2) await pause(1);
    expect(told).toEqual([1, 2]);
    calm.end();
    expect(told).toEqual([1, 2]);
  });
});
