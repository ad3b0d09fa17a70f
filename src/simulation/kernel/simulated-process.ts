import { EPOCH_MS, type VirtualTime } from './virtual-time.ts';

/**
 * Something that can die: an orchestrator's process, a tab. What it scheduled dies with it, and
 * promises that it waits for never settle, as nobody is left to see it.
 *
 *   alive <-> stalled (its one thread is busy: everything waits) -> dead
 */
export class SimulatedProcess {
  readonly #time: VirtualTime;
  #clockOffsetMs: number;
  #isAlive = true;
  #stalledUntilMs = 0;

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

  /** Its thread is busy for so long: what falls due meanwhile happens then. */
  stall(forMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#time.nowMs) + forMs;
  }

  kill(): void {
    this.#isAlive = false;
  }

  /** Has something happen in it: now, or once its thread is free; never if it is dead. */
  enter(call: () => void): void {
    if (!this.#isAlive) return;
    if (this.#stalledUntilMs <= this.#time.nowMs) call();
    else this.#time.at(this.#stalledUntilMs, () => this.enter(call));
  }
}
