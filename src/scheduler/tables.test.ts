import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, type Place } from './heap.ts';
import { RecordTable } from './record-table.ts';
import { AcceptedRows, FreshRows } from './row-ranges.ts';
import { newList, SlotLinks } from './slot-list.ts';
import { numberOf, serialIn, slotIn, type LeaseNumber } from './slot-number.ts';

describe('a table of records', () => {
  it('keeps words and floats apart, over more than one chunk, and comes back from bytes', () => {
    const table = new RecordTable(4);
    const count = 20_000;
    for (let slot = 0; slot < count; slot++) {
      expect(table.grow()).toBe(slot);
      table.setFloat(slot, 0, slot / 3);
      table.setInt(slot, 2, -1 - slot);
      table.setInt(slot, 3, slot);
    }
    const bytes = new Uint8Array(table.byteLength);
    table.copyTo(bytes, 0);
    const again = new RecordTable(4);
    again.fillFrom(bytes);
    expect(again.count).toBe(count);
    for (const slot of [0, 1, 8_191, 8_192, count - 1]) {
      expect([again.float(slot, 0), again.int(slot, 2), again.int(slot, 3)]).toEqual([
        slot / 3,
        -1 - slot,
        slot,
      ]);
    }
    expect(again.grow()).toBe(count);
  });
});

describe('lists of slots', () => {
  it('are what arrays would be, whatever is appended and removed', () => {
    const table = new RecordTable(2);
    const links = new SlotLinks(table, { previous: 0, next: 1 });
    for (let slot = 0; slot < 12; slot++) table.grow();
    const moves = fc.array(fc.nat(11), { maxLength: 60 });
    fc.assert(
      fc.property(moves, (slots) => {
        const list = newList();
        let model: number[] = [];
        for (const slot of slots) {
          if (model.includes(slot)) {
            links.remove(list, slot);
            model = model.filter((one) => one !== slot);
          } else {
            links.append(list, slot);
            model.push(slot);
          }
          expect([...links.of(list)]).toEqual(model);
          expect(list.size).toBe(model.length);
        }
      }),
    );
  });
});

describe('a heap', () => {
  it('has the least first, whatever is added, removed and changed', () => {
    type Item = { key: number; readonly id: number; readonly place: Place };
    const isBefore = (a: Item, b: Item) => a.key < b.key || (a.key === b.key && a.id < b.id);
    const acts = fc.array(fc.tuple(fc.nat(9), fc.nat(20)), { maxLength: 80 });
    fc.assert(
      fc.property(acts, (changes) => {
        const heap = new Heap<Item>({ isBefore, placeOf: ({ place }) => place });
        const items = Array.from({ length: 10 }, (_, id) => ({ key: 0, id, place: { at: -1 } }));
        for (const [index, key] of changes) {
          const item = items[index]!; // ten of them
          if (!heap.has(item)) {
            item.key = key;
            heap.add(item);
          } else if (key % 2 === 0) {
            heap.remove(item);
          } else {
            item.key = key;
            heap.reorder(item);
          }
          const held = items.filter((one) => heap.has(one));
          held.sort((a, b) => (isBefore(a, b) ? -1 : 1));
          expect(heap.first).toBe(held[0] ?? null);
          expect(heap.smallest(4)).toEqual(held.slice(0, 4));
          expect(heap.smallest(Infinity)).toEqual(held);
        }
      }),
    );
  });
});

describe('fresh rows', () => {
  it('are given out once each, in pieces, whatever was added and taken by name', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sizes) => {
        const rows = new FreshRows([{ start: 0, end: 100 }]);
        rows.add({ start: 200, end: 250 });
        rows.add({ start: 7, end: 7 });
        expect(rows.takeExactly({ start: 40, end: 60 })).toBe(true);
        expect(rows.takeExactly({ start: 50, end: 70 })).toBe(false);
        expect(rows.count).toBe(130);
        const taken = new Set<number>();
        for (const size of sizes) {
          if (rows.count === 0) break;
          const { start, end } = rows.take(size);
          expect(end - start).toBeLessThanOrEqual(size);
          for (let row = start; row < end; row++) {
            expect(taken.has(row)).toBe(false);
            taken.add(row);
          }
        }
        expect(rows.count).toBe(130 - taken.size);
        expect([...taken].some((row) => row >= 40 && row < 60)).toBe(false);
      }),
    );
  });

  it('accepted come in the order of rows, whatever the order of tasks', () => {
    const accepted = new AcceptedRows();
    const lease = (number: number) => number as LeaseNumber;
    accepted.set(2, { start: 4, rows: 2, lease: lease(12) });
    accepted.set(0, { start: 6, rows: 1, lease: lease(10) });
    accepted.set(3, { start: 0, rows: 4, lease: lease(13) });
    expect(accepted.inOrder()).toEqual([
      { lease: 13, rows: { start: 0, end: 4 } },
      { lease: 12, rows: { start: 4, end: 6 } },
      { lease: 10, rows: { start: 6, end: 7 } },
    ]);
  });
});

describe('numbers of slots', () => {
  it.each([
    [0, 0],
    [2 ** 21 - 1, 0],
    [5, 2 ** 28 - 1],
  ])('name slot %i in its use %i', (slot, serial) => {
    const number = numberOf<LeaseNumber>(slot, serial);
    expect(Number.isSafeInteger(number)).toBe(true);
    expect([slotIn(number), serialIn(number)]).toEqual([slot, serial]);
  });

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 60])('made up, such as %d, name none', (number) => {
    const slot = slotIn(number);
    expect(slot >= 0 && Number.isInteger(slot) && Number.isInteger(serialIn(number))).toBe(
      number === 2 ** 60 || number === -1,
    );
  });
});
