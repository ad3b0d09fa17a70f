import type { LoadModule } from './modules.ts';

/**
 * A queue of other hands that does what ours does: submit, lease, complete. Sizes of its batches
 * and how many loops it has are those with which it was fastest when this was written, on two
 * cores; with batches of 64, as ours has, those on PostgreSQL reach about half of that.
 */
export type Peer = {
  /** As it is called: "pg-boss". */
  readonly name: string;
  /** With version and mode: what is batched, and when it is on disk. */
  readonly description: string;
  /** Starts its server, or connects to the one that there is; says why where it cannot. */
  open(tools: PeerTools): Promise<OpenPeer | { readonly skipped: string }>;
};

export type PeerTools = {
  readonly load: LoadModule;
  /** Of a PostgreSQL's superuser; null: there is none. */
  readonly postgres: string | null;
};

export type OpenPeer = {
  /**
   * Submits `count` tasks of one number each, leases them, computes relu, and completes them: ends
   * when the last is complete in the queue's own books, and fails where one was not done.
   */
  run(count: number): Promise<void>;
  /** Removes what a run left, so that the next does not pay for it; not timed. */
  tidy?(): Promise<unknown>;
  close(): Promise<void>;
};

/** Tasks that are submitted by one call. */
export const SUBMIT_BATCH = 1_000;

/** The task of every peer: as in our own bench, one number. */
export type Task = { readonly index: number; readonly value: number };

export function taskOf(index: number): Task {
  return { index, value: index % 2 === 0 ? index : -index };
}

export function* batchesOf(count: number): Generator<Task[]> {
  for (let start = 0; start < count; start += SUBMIT_BATCH) {
    const length = Math.min(SUBMIT_BATCH, count - start);
    yield Array.from({ length }, (_, offset) => taskOf(start + offset));
  }
}

/** Computes tasks and tells when each was done: a queue that loses one must not look fast. */
export class Tally {
  readonly #done: Uint8Array;
  #left: number;
  readonly finished: Promise<void>;
  #finish: () => void = () => {};

  constructor(count: number) {
    this.#done = new Uint8Array(count);
    this.#left = count;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
  }

  get left(): number {
    return this.#left;
  }

  compute({ index, value }: Task): number {
    if (this.#done[index] === 0) this.#left--;
    this.#done[index] = 1;
    if (this.#left === 0) this.#finish();
    return Math.max(0, value);
  }
}

/** Asks until it is so; the books of a queue are closed a moment after its last task. */
export async function untilTrue(probe: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!(await probe())) {
    if (performance.now() > untilMs) throw new Error('the peer did not complete its tasks');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
