import type { LeaseId } from '../domain/ids.ts';
import { LANES_MAX, SPOT_MS, SPOT_TASKS_MAX } from '../domain/limits.ts';
import type { BackendName, PrimitiveName } from '../domain/operator.ts';

/** What a task ran, and where. */
export type Ran = {
  readonly backends: readonly BackendName[];
  readonly primitives: readonly PrimitiveName[];
};

type OfLane = { readonly results: Map<LeaseId, Ran>; provenAtMs: number; hasEnded: boolean };

/**
 * What lanes computed since they last computed a published vector rightly.
 *
 * Limits: SPOT_TASKS_MAX results a lane; twice LANES_MAX lanes, those that are gone included.
 */
export class UnprovenResults {
  readonly #lanes = new Map<object, OfLane>();

  /** A lane was opened: its vectors passed, or those of another lane of this device did. */
  begin(lane: object, atMs: number): void {
    this.#lanes.set(lane, { results: new Map(), provenAtMs: atMs, hasEnded: false });
    const [oldest] = this.#lanes.keys();
    if (this.#lanes.size > 2 * LANES_MAX && oldest !== undefined) this.#lanes.delete(oldest);
  }

  add(lane: object, lease: LeaseId, ran: Ran): void {
    this.#lanes.get(lane)?.results.set(lease, ran);
  }

  /** Whether a lane is to be tried again before what it computed last is used. */
  isDue(lane: object, atMs: number): boolean {
    const known = this.#lanes.get(lane);
    if (known === undefined) return false;
    return atMs - known.provenAtMs >= SPOT_MS || known.results.size >= SPOT_TASKS_MAX;
  }

  /** What a lane has run since it was last proven. */
  inUse(lane: object): readonly PrimitiveName[] {
    const results = this.#lanes.get(lane)?.results.values() ?? [];
    return [...new Set([...results].flatMap(({ primitives }) => primitives))];
  }

  /** A lane passed its vectors: what it computed is as good as can be known here. */
  prove(lane: object, atMs: number): void {
    const known = this.#lanes.get(lane);
    if (known === undefined) return;
    known.results.clear();
    known.provenAtMs = atMs;
  }

  /** A lane is gone; what it computed is proven by the vectors of the next. */
  end(lane: object): void {
    const known = this.#lanes.get(lane);
    if (known !== undefined) known.hasEnded = true;
  }

  /** A whole run of vectors passed after those lanes were gone. */
  proveEnded(): void {
    for (const [lane, { hasEnded }] of this.#lanes) if (hasEnded) this.#lanes.delete(lane);
  }

  /** Takes out what was computed on backends that are found broken, on whichever lane. */
  takeOf(backends: ReadonlySet<BackendName>): LeaseId[] {
    const taken: LeaseId[] = [];
    for (const { results } of this.#lanes.values()) {
      for (const [lease, ran] of results) {
        if (!ran.backends.some((backend) => backends.has(backend))) continue;
        results.delete(lease);
        taken.push(lease);
      }
    }
    return taken;
  }

  clear(): void {
    this.#lanes.clear();
  }
}
