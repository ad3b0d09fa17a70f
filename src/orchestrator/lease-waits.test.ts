import { describe, expect, it } from 'vitest';
import { IDLE_TOLD_AT_ONCE, IDLE_TOLD_EVERY_MS } from '../domain/limits.ts';
import { leaseWaits, type Wake } from './lease-waits.ts';
import { nodePlatform } from './node-platform.ts';

const { signal } = new AbortController();

function watched(count: number) {
  const waits = leaseWaits(nodePlatform);
  const ended: [number, Wake][] = [];
  const wait = (index: number): void => {
    void waits
      .wait({ round: waits.round(), waitMs: 60_000, signal })
      .then((wake) => ended.push([index, wake]));
  };
  for (let index = 0; index < count; index++) wait(index);
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { waits, ended, wait, settle };
}

function nextTimers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

describe('leaseWaits', () => {
  it('wakes as many as there are tasks, in the order of coming', async () => {
    const { waits, ended, settle } = watched(3);
    waits.workAvailable(2);
    await settle();
    expect(ended).toEqual([
      [0, 'work'],
      [1, 'work'],
    ]);
    waits.stop();
  });

  it('passes a wake on to each that has not tried since, and then no more', async () => {
    const { waits, ended, wait, settle } = watched(3);
    waits.workAvailable(1);
    wait(0);
    waits.passOn();
    wait(1);
    waits.passOn();
    wait(2);
    waits.passOn();
    await settle();
    expect(ended.map(([index]) => index)).toEqual([0, 1, 2]);
    waits.workAvailable(3);
    await settle();
    expect(ended.map(([index]) => index)).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('tells all who wait that the work ended, group by group, and nobody who came later', async () => {
    const { waits, ended, wait } = watched(IDLE_TOLD_AT_ONCE + 2);
    waits.workEnded();
    wait(-1);
    while (ended.length < IDLE_TOLD_AT_ONCE + 2) await nextTimers();
    expect(ended.every(([index, wake]) => index >= 0 && wake === 'ended')).toBe(true);
    waits.stop();
    await nextTimers();
    expect(ended.at(-1)).toEqual([-1, 'stopped']);
  });

  it('leaves it at those that it told once there is work', async () => {
    const { waits, ended, settle } = watched(IDLE_TOLD_AT_ONCE + 2);
    waits.workEnded();
    waits.workAvailable(1);
    while (ended.length < IDLE_TOLD_AT_ONCE + 1) await nextTimers();
    await new Promise((resolve) => setTimeout(resolve, 3 * IDLE_TOLD_EVERY_MS));
    await settle();
    const wakes = ended.map(([, wake]) => wake);
    expect(wakes.filter((wake) => wake === 'ended')).toHaveLength(IDLE_TOLD_AT_ONCE);
    expect(wakes.filter((wake) => wake === 'work')).toHaveLength(1);
    waits.stop();
  });

  it('lets nobody wait who asked before work became available', async () => {
    const waits = leaseWaits(nodePlatform);
    const round = waits.round();
    waits.workAvailable(1);
    expect(await waits.wait({ round, waitMs: 60_000, signal })).toBe('work');
  });

  it('ends a wait when its time is over', async () => {
    expect(await leaseWaits(nodePlatform).wait({ round: 0, waitMs: 1, signal })).toBe('time');
  });

  it('ends a wait whose caller went away', async () => {
    const caller = new AbortController();
    const wait = leaseWaits(nodePlatform).wait({ round: 0, waitMs: 60_000, signal: caller.signal });
    caller.abort();
    expect(await wait).toBe('stopped');
  });

  it('ends all waits when it stops, and lets none begin', async () => {
    const { waits, ended, settle } = watched(2);
    waits.stop();
    await settle();
    expect(ended.map(([, wake]) => wake)).toEqual(['stopped', 'stopped']);
    expect(await waits.wait({ round: 0, waitMs: 60_000, signal })).toBe('stopped');
  });
});
