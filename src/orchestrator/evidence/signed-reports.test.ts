import { describe, expect, it } from 'vitest';
import type { LeaseId } from '../../domain/ids.ts';
import { SIGNED_RESULTS_KEPT_MAX } from '../../domain/limits.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import { signedReports, type NumberedLease } from './signed-reports.ts';

const named = (...numbers: readonly number[]): NumberedLease[] =>
  numbers.map((number) => ({ number: number as LeaseNumber, id: `lease_${number}` as LeaseId }));
const of = (mark: number, byteLength = 10) => ({
  bytes: new Uint8Array(byteLength).fill(mark),
  signature: new Uint8Array(64),
  receivedAtMs: mark,
});
const lease = (number: number): LeaseNumber => number as LeaseNumber;

describe('signed reports', () => {
  it('are kept for each of their results, and forgotten one by one', () => {
    const reports = signedReports();
    reports.keep(of(1), named(1, 2));
    expect(reports.of(lease(2))).toMatchObject({ lease: 'lease_2', receivedAtMs: 1 });
    reports.forget([lease(2)]);
    expect([reports.of(lease(1))?.receivedAtMs, reports.of(lease(2))]).toEqual([1, null]);
  });

  it('that come first for a lease stay', () => {
    const reports = signedReports();
    reports.keep(of(1), named(1));
    reports.keep(of(2), named(1, 2));
    expect([1, 2].map((number) => reports.of(lease(number))?.receivedAtMs)).toEqual([1, 2]);
  });

  it.each([
    [20, [1, 2]],
    [19, [undefined, 2]],
    [9, [undefined, undefined]],
  ])('of 10 bytes each are kept as far as %i bytes go, the oldest not', (bytesMax, kept) => {
    const reports = signedReports({ bytesMax });
    reports.keep(of(1), named(1));
    reports.keep(of(2), named(2));
    expect([1, 2].map((number) => reports.of(lease(number))?.receivedAtMs)).toEqual(kept);
  });

  it('give their bytes back when the last of their results is forgotten', () => {
    const reports = signedReports({ bytesMax: 10 });
    reports.keep(of(1), named(1, 2));
    reports.forget([lease(1), lease(2), lease(2)]);
    reports.keep(of(3), named(3));
    expect(reports.of(lease(3))?.receivedAtMs).toBe(3);
  });

  it('are kept for so many results at most', () => {
    const reports = signedReports();
    const numbers = Array.from({ length: SIGNED_RESULTS_KEPT_MAX + 1 }, (_, index) => index);
    reports.keep(of(1, 0), named(...numbers.slice(0, -1)));
    expect(reports.of(lease(0))).not.toBeNull();
    reports.keep(of(2, 0), named(SIGNED_RESULTS_KEPT_MAX));
    expect(reports.of(lease(0))).toBeNull();
    expect(reports.of(lease(1))).not.toBeNull();
  });
});
