import type { RowRange } from '../domain/tensor.ts';
import type { LeaseNumber } from './slot-number.ts';
import { RecordTable } from './record-table.ts';

/** Rows that no task has yet: ranges, taken from the front of the first. */
export class FreshRows {
  #ranges: RowRange[];
  #head = 0;
  /** Rows in all ranges. */
  count = 0;

  constructor(ranges: readonly RowRange[] = []) {
    this.#ranges = [...ranges];
    for (const { start, end } of ranges) this.count += end - start;
  }

  add(rows: RowRange): void {
    if (rows.end <= rows.start) return;
    this.#ranges.push(rows);
    this.count += rows.end - rows.start;
  }

  /** Takes at most `most` rows that lie together. There must be some. */
  take(most: number): RowRange {
    const range = this.#ranges[this.#head];
    if (range === undefined)
      throw new Error('broken invariant: rows are taken where there are some');
    const end = Math.min(range.end, range.start + most);
    this.count -= end - range.start;
    if (end < range.end) this.#ranges[this.#head] = { start: end, end: range.end };
    else this.#drop();
    return { start: range.start, end };
  }

  /** Takes these rows if one range has them all. O(ranges). */
  takeExactly({ start, end }: RowRange): boolean {
    const at = this.#ranges.findIndex((range, index) => {
      return index >= this.#head && range.start <= start && end <= range.end;
    });
    const range = this.#ranges[at];
    if (range === undefined || start >= end) return false;
    const rest = [
      { start: range.start, end: start },
      { start: end, end: range.end },
    ].filter((part) => part.start < part.end);
    this.#ranges.splice(at, 1, ...rest);
    this.count -= end - start;
    return true;
  }

  /** Takes all there are. */
  takeAll(): readonly RowRange[] {
    const all = this.ranges();
    this.#ranges = [];
    this.#head = 0;
    this.count = 0;
    return all;
  }

  ranges(): readonly RowRange[] {
    return this.#ranges.slice(this.#head);
  }

  #drop(): void {
    this.#head++;
    if (this.#head < 64 && this.#head < this.#ranges.length) return;
    this.#ranges = this.#ranges.slice(this.#head);
    this.#head = 0;
  }
}

/** The same rows in order, those that touch as one. */
export function joinedRows(ranges: readonly RowRange[]): readonly RowRange[] {
  const joined: RowRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last?.end === range.start) joined.splice(-1, 1, { start: last.start, end: range.end });
    else joined.push(range);
  }
  return joined;
}

const START = 0;
const LEASE = 2;
const ROWS = 4;
/** Slot of its agent, plus 1, where the result may yet be revoked; 0 where it stands. */
const PROVISIONAL = 5;
const WORDS = 6;

/** Whose result stands for which rows, by the index of the task. */
export class AcceptedRows {
  readonly records = new RecordTable(WORDS);

  set(
    index: number,
    of: { start: number; rows: number; lease: LeaseNumber; provisionalOf?: number },
  ): void {
    while (this.records.count <= index) this.records.grow();
    this.records.setFloat(index, START, of.start);
    this.records.setFloat(index, LEASE, of.lease);
    this.records.setInt(index, ROWS, of.rows);
    const { provisionalOf } = of;
    this.records.setInt(index, PROVISIONAL, provisionalOf === undefined ? 0 : provisionalOf + 1);
  }

  /** Takes a result out that may be revoked. */
  revoke(index: number): { readonly lease: LeaseNumber; readonly rows: RowRange } {
    const revoked = this.#at(index);
    this.records.setInt(index, ROWS, 0);
    this.records.setInt(index, PROVISIONAL, 0);
    return revoked;
  }

  /** The result at this index stands from here on. */
  seal(index: number): void {
    this.records.setInt(index, PROVISIONAL, 0);
  }

  /** Indexes that may be revoked, by the slot of their agent; in order. */
  provisional(): Map<number, number[]> {
    const bySlot = new Map<number, number[]>();
    for (let index = 0; index < this.records.count; index++) {
      const slot = this.records.int(index, PROVISIONAL) - 1;
      if (slot < 0) continue;
      const indexes = bySlot.get(slot);
      if (indexes === undefined) bySlot.set(slot, [index]);
      else indexes.push(index);
    }
    return bySlot;
  }

  /** In the order of rows. Indices whose rows went to other tasks are left out. */
  inOrder(): { readonly lease: LeaseNumber; readonly rows: RowRange }[] {
    const results = [];
    for (let index = 0; index < this.records.count; index++) {
      if (this.records.int(index, ROWS) > 0) results.push(this.#at(index));
    }
    return results.sort((a, b) => a.rows.start - b.rows.start);
  }

  #at(index: number): { readonly lease: LeaseNumber; readonly rows: RowRange } {
    const start = this.records.float(index, START);
    // Written by `set`.
    const lease = this.records.float(index, LEASE) as LeaseNumber;
    return { lease, rows: { start, end: start + this.records.int(index, ROWS) } };
  }
}
