/** What is to happen at an instant of virtual time. `sequence` orders what shares an instant. */
export type Scheduled = {
  readonly atMs: number;
  readonly sequence: number;
  /** Null once canceled: a heap has no cheap way to take one out of its middle. */
  call: (() => void) | null;
};

/** What is to happen, the earliest first; of one instant, what was scheduled first. */
export class EventQueue {
  // A binary heap: the children of i are 2i + 1 and 2i + 2.
  readonly #heap: Scheduled[] = [];
  #sequence = 0;

  add(atMs: number, call: () => void): Scheduled {
    const scheduled: Scheduled = { atMs, sequence: this.#sequence++, call };
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, scheduled)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = scheduled;
    return scheduled;
  }

  /** Takes the earliest out; null where nothing is left. */
  take(): Scheduled | null {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(item: Scheduled): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(item, child)) break;
      heap[index] = child;
      index = isRight ? 2 * index + 2 : 2 * index + 1;
    }
    heap[index] = item;
  }
}

function isBefore(one: Scheduled, other: Scheduled): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence);
}
