import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

describe('an event queue', () => {
  it('gives the earliest first, and of one instant what was added first', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (instants) => {
        const queue = new EventQueue();
        for (const atMs of instants) queue.add(atMs, () => {});
        const taken: (readonly [number, number])[] = [];
        for (let next = queue.take(); next !== null; next = queue.take()) {
          taken.push([next.atMs, next.sequence]);
        }
        const expected = instants.map((atMs, sequence) => [atMs, sequence] as const);
        expect(taken).toEqual(expected.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
    );
  });

  it('takes in what comes while it is emptied', () => {
    const queue = new EventQueue();
    queue.add(5, () => {});
    queue.add(9, () => {});
    expect(queue.take()?.atMs).toBe(5);
    queue.add(7, () => {});
    expect([queue.take()?.atMs, queue.take()?.atMs, queue.take()]).toEqual([7, 9, null]);
  });
});
