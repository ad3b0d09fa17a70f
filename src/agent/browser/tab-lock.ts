import type { BrowserAgentSnapshot } from './agent-api.ts';

const NAME = 'manyhands-computing';

/** One computing tab a browser: who holds the lock computes, the others wait in line. */
export type TabLock = {
  /**
   * Stands in line at once. Settles with true once this tab may compute, with false if it gave up
   * before.
   */
  acquire(): Promise<boolean>;
  /** Lets the next tab go on; also ends the waiting for it. */
  release(): void;
  /** Where computing goes on in this browser, if anywhere. */
  place(): Promise<BrowserAgentSnapshot['place']>;
};

/** The lock of this worker; it is released by itself when the worker ends. */
export function tabLock(): TabLock {
  let held: (() => void) | null = null;
  let waiting: AbortController | null = null;
  // Settles when what this worker held or waited for is given back: until then the browser still
  // counts it, and it would be taken for another tab's.
  let given: Promise<unknown> = Promise.resolve();
  return {
    acquire: () => {
      if (held !== null) return Promise.resolve(true);
      waiting?.abort();
      const stop = new AbortController();
      waiting = stop;
      return new Promise((resolve) => {
        const whileHeld = (): Promise<void> => {
          waiting = null;
          resolve(true);
          return new Promise((release) => (held = release));
        };
        const ended = navigator.locks
          .request(NAME, { signal: stop.signal }, whileHeld)
          // Only an abort rejects, and then nobody computes here.
          .catch(() => resolve(false));
        given = Promise.all([given, ended]);
      });
    },
    release: () => {
      waiting?.abort();
      waiting = null;
      held?.();
      held = null;
    },
    place: async () => {
      if (held === null && waiting === null) await given;
      const { held: all } = await navigator.locks.query();
      // It may have become this tab's turn meanwhile.
      const isTaken = held === null && (all?.some(({ name }) => name === NAME) ?? false);
      if (!isTaken) return 'here';
      return waiting === null ? 'elsewhere' : 'waiting';
    },
  };
}
