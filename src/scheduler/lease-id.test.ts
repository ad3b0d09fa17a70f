import { describe, expect, it } from 'vitest';
import { parseLeaseId, type LeaseId } from '../domain/ids.ts';
import { isLeaseIdUnder, leaseIdOf, numberInLeaseId } from './lease-id.ts';
import type { LeaseNumber } from './slot-number.ts';

const NUMBERS = [0, 1, 31, 32, 1023, 1024, 2 ** 30 - 1, 2 ** 30, 2 ** 40 + 7, 2 ** 50 - 1].map(
  (number) => number as LeaseNumber,
);

describe('lease ids', () => {
  it.each(NUMBERS)('of number %i have the shape of the brand and tell the number', (number) => {
    const lease = leaseIdOf(5, number);
    expect(parseLeaseId(lease).ok).toBe(true);
    expect(numberInLeaseId(lease)).toBe(number);
    expect(isLeaseIdUnder(5, { number, id: lease })).toBe(true);
    expect(isLeaseIdUnder(6, { number, id: lease })).toBe(false);
  });

  it.each(Array.from({ length: 16 }, (_, at) => 16 + at))(
    'of another character at %i are not made under the seed',
    (at) => {
      const number = 123_456_789 as LeaseNumber;
      const lease = leaseIdOf(7, number);
      const other = lease[at] === '0' ? '1' : '0';
      const id = (lease.slice(0, at) + other + lease.slice(at + 1)) as LeaseId;
      expect(isLeaseIdUnder(7, { number, id: lease })).toBe(true);
      expect(isLeaseIdUnder(7, { number, id })).toBe(false);
    },
  );

  it('sort as their numbers do', () => {
    const ids = NUMBERS.map((number) => leaseIdOf(5, number));
    expect(ids.toSorted()).toEqual(ids);
  });

  it('differ between seeds, and from number to number behind the count too', () => {
    const ends = [1, 2, 3].flatMap((seed) =>
      Array.from({ length: 1000 }, (_, number) => leaseIdOf(seed, number as LeaseNumber).slice(16)),
    );
    expect(new Set(ends).size).toBe(3000);
  });

  it('stay what they are: accepted results are stored under them', () => {
    expect(leaseIdOf(1, 0 as LeaseNumber)).toMatchInlineSnapshot(
      `"lease_000000000086aemcvdv35v6783"`,
    );
    expect(leaseIdOf(7, 123_456_789 as LeaseNumber)).toMatchInlineSnapshot(
      `"lease_00003nqk8n73e35jx5jb2y77yr"`,
    );
  });
});
