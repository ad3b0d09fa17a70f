/** When things happen later: the system's timers, or those of a simulated clock. */
export type Timers = {
  /** Once what is under way in this turn is done. */
  soon(run: () => void): void;
  after(delayMs: number, run: () => void): void;
};

export const systemTimers: Timers = {
  // A page has none; there only simulations run.
  soon: (run) => void (typeof setImmediate === 'function' ? setImmediate(run) : setTimeout(run, 0)),
  after: (delayMs, run) => void setTimeout(run, delayMs),
};
