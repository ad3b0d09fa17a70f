const NAME = 'manyhands-computing';

/** One computing tab a browser: who holds the lock computes, the others wait in line. */
export type TabLock = {
  /** Settles with true once this tab may compute, with false if it gave up before. */
  acquire(): Promise<boolean>;
  /** Lets the next tab go on; also ends the waiting for it. */
  release(): void;
  /** Whether another tab, or another worker of this one, holds it. */
  isElsewhere(): Promise<boolean>;
};

/** The lock of this worker; it is released by itself when the worker ends. */
export function tabLock(): TabLock {
  let held: (() => void) | null = null;
  let waiting: AbortController | null = null;
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
        navigator.locks
          .request(NAME, { signal: stop.signal }, whileHeld)
          // Only an abort rejects, and then nobody computes here.
          .catch(() => resolve(false));
      });
    },
    release: () => {
      waiting?.abort();
      waiting = null;
      held?.();
      held = null;
    },
    isElsewhere: async () => {
      if (held !== null) return false;
      const { held: all } = await navigator.locks.query();
      return all?.some(({ name }) => name === NAME) ?? false;
    },
  };
}
