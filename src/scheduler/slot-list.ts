import type { RecordTable } from './record-table.ts';

/** No slot: the end of a list, or a word of a record that names nothing. */
export const NONE = -1;

/** A list of records: where it begins and ends. */
export type SlotList = { first: number; last: number; size: number };

export function newList(): SlotList {
  return { first: NONE, last: NONE, size: 0 };
}

/**
 * One way in which records of a table are linked: two words of each, its neighbours.
 *
 * A record stands in at most one list of each way. Append, remove and look at the first, each in
 * O(1). Deadlines of one duration are such a list: appended in the order of time, they come due in
 * the order of the list.
 */
export class SlotLinks {
  readonly #table: RecordTable;
  readonly #previous: number;
  readonly #next: number;

  constructor(table: RecordTable, words: { readonly previous: number; readonly next: number }) {
    this.#table = table;
    this.#previous = words.previous;
    this.#next = words.next;
  }

  next(slot: number): number {
    return this.#table.int(slot, this.#next);
  }

  append(list: SlotList, slot: number): void {
    this.#table.setInt(slot, this.#previous, list.last);
    this.#table.setInt(slot, this.#next, NONE);
    if (list.last === NONE) list.first = slot;
    else this.#table.setInt(list.last, this.#next, slot);
    list.last = slot;
    list.size++;
  }

  /** Takes a record out of the list in which it stands. */
  remove(list: SlotList, slot: number): void {
    const previous = this.#table.int(slot, this.#previous);
    const next = this.#table.int(slot, this.#next);
    if (previous === NONE) list.first = next;
    else this.#table.setInt(previous, this.#next, next);
    if (next === NONE) list.last = previous;
    else this.#table.setInt(next, this.#previous, previous);
    list.size--;
  }

  /** The slots from first to last; none may be removed meanwhile but the one just given. */
  *of(list: SlotList): Generator<number> {
    for (let slot = list.first; slot !== NONE;) {
      const next = this.next(slot);
      yield slot;
      slot = next;
    }
  }
}
