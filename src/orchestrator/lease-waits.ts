// Requests for tasks that wait for work: a queue in the order of coming.
//
//   refused -> waiting -> woken by work -> tries again -> granted | waiting, behind the others
//
// A wake reaches as many as there are tasks; one that is refused passes it on to the next that
// has not tried since, so that a few tasks never stir all who wait.

import { IDLE_TOLD_AT_ONCE, IDLE_TOLD_EVERY_MS } from '../domain/limits.ts';
import type { Platform } from './platform.ts';

/** How a wait ended. */
export type Wake = 'work' | 'time' | 'ended' | 'stopped';

export type LeaseWaits = {
  /** Counts how often work became available. */
  round(): number;
  /**
   * Waits for work at most so long, or not at all where some became available since `round`, when
   * the request was made. 'stopped': an answer is due at once.
   */
  wait(options: {
    readonly round: number;
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<Wake>;
  /** Wakes as many as there are tasks that wait for an agent. */
  workAvailable(taskCount: number): void;
  /**
   * The last work ended: whoever waits now is told so, and not that others do it. IDLE_TOLD_AT_ONCE
   * at a time, since each asks again; no more of them once there is work.
   */
  workEnded(): void;
  /** One that was woken found nothing for itself. */
  passOn(): void;
  /** Ends all waits, now and from now on. */
  stop(): void;
};

type Waiter = { readonly round: number; readonly end: (wake: Wake) => void };

export function leaseWaits({ after }: Pick<Platform, 'after'>): LeaseWaits {
  // A Set keeps the order of coming.
  const waiters = new Set<Waiter>();
  let round = 0;
  let stopped = false;

  const wakeNext = (): boolean => {
    const [next] = waiters;
    // Those behind it came later still: nobody is left who has not tried in this round.
    if (next === undefined || next.round === round) return false;
    next.end('work');
    return true;
  };

  return {
    round: () => round,
    wait({ round: since, waitMs, signal }) {
      if (stopped || signal.aborted) return Promise.resolve('stopped');
      if (since !== round) return Promise.resolve('work');
      return new Promise((resolve) => {
        const end = (wake: Wake): void => {
          waiters.delete(waiter);
          cancelTimer();
          signal.removeEventListener('abort', onAbort);
          resolve(wake);
        };
        const onAbort = (): void => end('stopped');
        const waiter: Waiter = { round, end };
        const cancelTimer = after(waitMs, () => end('time'));
        signal.addEventListener('abort', onAbort);
        waiters.add(waiter);
      });
    },
    workAvailable(taskCount) {
      round += 1;
      for (let woken = 0; woken < taskCount && wakeNext();) woken += 1;
    },
    workEnded() {
      const since = round;
      const waiting = [...waiters];
      const tellFrom = (first: number): void => {
        if (stopped || round !== since || first >= waiting.length) return;
        const next = first + IDLE_TOLD_AT_ONCE;
        for (const waiter of waiting.slice(first, next)) {
          if (waiters.has(waiter)) waiter.end('ended');
        }
        after(IDLE_TOLD_EVERY_MS, () => tellFrom(next));
      };
      tellFrom(0);
    },
    passOn: () => void wakeNext(),
    stop() {
      stopped = true;
      for (const waiter of waiters) waiter.end('stopped');
    },
  };
}
