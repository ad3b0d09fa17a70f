import { EPOCH_MS, type VirtualTime } from './virtual-time.ts';

/**
 * Something that can die: an orchestrator's process, a tab. What it scheduled dies with it, and
 * promises that it waits for never settle, as nobody is left to see it.
 */
export class SimulatedProcess {
  readonly #time: VirtualTime;
  #clockOffsetMs: number;
  #isAlive = true;

  constructor(time: VirtualTime, clockOffsetMs = 0) {
    this.#time = time;
    this.#clockOffsetMs = clockOffsetMs;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** What its wall clock shows: Unix time in ms. */
  readonly nowMs = (): number => EPOCH_MS + this.#time.nowMs + this.#clockOffsetMs;

  /** How far its wall clock is off. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** Sets its wall clock forward, or back. Timers that run go on. */
  jump(byMs: number): void {
    this.#clockOffsetMs += byMs;
  }

  /** Calls once after so long, if it is alive then. */
  readonly after = (delayMs: number, call: () => void): (() => void) => {
    if (!this.#isAlive) return () => {};
    return this.#time.after(Math.max(0, delayMs), () => this.enter(call));
  };

  readonly soon = (call: () => void): void => void this.after(0, call);

  kill(): void {
    this.#isAlive = false;
  }

  /** Has something happen in it, unless it is dead. */
  enter(call: () => void): void {
    if (this.#isAlive) call();
  }
}
