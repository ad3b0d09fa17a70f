import { EventQueue } from './event-queue.ts';
import type { Turn } from './turn.ts';

/** When the simulated world begins. Unix time in ms: 2026-01-01. */
export const EPOCH_MS = 1_767_225_600_000;

/** Time that passes only by what happens in it, in whole milliseconds since the beginning. */
export class VirtualTime {
  readonly #queue = new EventQueue();
  readonly #turn: Turn;
  #nowMs = 0;
  #eventCount = 0;
  /** Told what an event threw: in a real process nobody would catch it. */
  onThrown: (thrown: unknown) => void = () => {};

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How much has happened so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Calls once at that instant, or now where it is over; returns how to cancel that. */
  at(atMs: number, call: () => void): () => void {
    const scheduled = this.#queue.add(Math.max(this.#nowMs, Math.ceil(atMs)), call);
    return () => {
      scheduled.call = null;
    };
  }

  after(delayMs: number, call: () => void): () => void {
    return this.at(this.#nowMs + delayMs, call);
  }

  /** Lets the next thing happen, and all that follows from it at once; false where nothing is left. */
  async next(): Promise<boolean> {
    for (let event = this.#queue.take(); event !== null; event = this.#queue.take()) {
      const { call, atMs } = event;
      if (call === null) continue;
      this.#nowMs = atMs;
      this.#eventCount += 1;
      try {
        call();
      } catch (thrown) {
        this.onThrown(thrown);
      }
      await this.#turn();
      return true;
    }
    return false;
  }
}
