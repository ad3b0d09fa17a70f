import type { ConveyorClock } from './conveyor-state.ts';

/** A clock of a test: time goes on only when everybody waits for it. */
export class VirtualClock implements ConveyorClock {
  #nowMs = 1_000_000;
  #waiting: { readonly atMs: number; readonly go: () => void }[] = [];

  readonly nowMs = (): number => this.#nowMs;

  readonly wait = (durationMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const one = {
        atMs: this.#nowMs + durationMs,
        go: () => {
          this.#waiting = this.#waiting.filter((other) => other !== one);
          signal.removeEventListener('abort', one.go);
          resolve();
        },
      };
      signal.addEventListener('abort', one.go, { once: true });
      this.#waiting.push(one);
    });

  /** Returns when somebody waits for time to go on. */
  async idle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#waiting.length > 0) return;
    }
  }

  /** Lets so much time go by, wait for wait. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      await this.idle();
      const [next] = this.#waiting.toSorted((one, other) => one.atMs - other.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#nowMs = next.atMs;
      next.go();
    }
    this.#nowMs = endMs;
  }
}
