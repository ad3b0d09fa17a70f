import { describe, expect, it } from 'vitest';
import { WORK_BITS_MAX, WORK_BITS_MIN } from '../domain/limits.ts';
import { isWorkDone } from '../integrity/index.ts';
import type { Clock } from './agent-ports.ts';
import { systemClock } from './clock.ts';
import { doJoinWork } from './join-work.ts';

const subject = { challenge: new Uint8Array(58).fill(7), publicKey: new Uint8Array(32).fill(9) };

/** The system's clock, and how often it was asked to wake somebody. */
function countingClock(onRest: () => void = () => {}): Clock & { readonly rests: () => number } {
  let rests = 0;
  return {
    nowMs: systemClock.nowMs,
    rests: () => rests,
    wakeAt: (atMs, call) => {
      rests++;
      onRest();
      return systemClock.wakeAt(atMs, call);
    },
  };
}

describe('doJoinWork', () => {
  it('does none where none is asked for', async () => {
    const clock = countingClock();
    const { signal } = new AbortController();
    const done = await doJoinWork(subject, { bits: 0, clock, signal });
    expect(done).toEqual({ ok: true, value: new Uint8Array() });
    expect(clock.rests()).toBe(0);
  });

  it('does what is asked for, with rests', async () => {
    const clock = countingClock();
    const { signal } = new AbortController();
    const done = await doJoinWork(subject, { bits: WORK_BITS_MIN, clock, signal });
    const nonce = done.ok ? done.value : new Uint8Array();
    expect(isWorkDone(subject, nonce, WORK_BITS_MIN)).toBe(true);
    expect(clock.rests()).toBeGreaterThan(0);
  });

  it('ends when the joining is called off', async () => {
    const calling = new AbortController();
    const clock = countingClock(() => calling.abort());
    const { signal } = calling;
    const done = await doJoinWork(subject, { bits: WORK_BITS_MAX, clock, signal });
    expect(done).toMatchObject({ ok: false, failure: { code: 'canceled' } });
    expect(clock.rests()).toBe(1);
  });

  it('refuses more than may be asked for', async () => {
    const clock = countingClock();
    const { signal } = new AbortController();
    const done = await doJoinWork(subject, { bits: WORK_BITS_MAX + 1, clock, signal });
    expect(done).toMatchObject({ ok: false, failure: { code: 'limit_exceeded' } });
    expect(clock.rests()).toBe(0);
  });
});
