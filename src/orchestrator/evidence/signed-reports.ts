import type { LeaseId } from '../../domain/ids.ts';
import { SIGNED_REPORTS_BYTES_MAX, SIGNED_RESULTS_KEPT_MAX } from '../../domain/limits.ts';
import type { LeaseNumber } from '../../scheduler/index.ts';
import type { SignedResult } from '../../validation/index.ts';

/** The signed reports of results that wait for their verdict, for the evidence of a rejected one. */
export type SignedReports = {
  /** Keeps a report for these of its results; a lease that has one keeps it. */
  keep(report: ReceivedBytes, leases: readonly NumberedLease[]): void;
  /** Null where it was never here, as after a restart, or is here no more. */
  of(lease: LeaseNumber): SignedResult | null;
  forget(leases: Iterable<LeaseNumber>): void;
};

export type ReceivedBytes = Omit<SignedResult, 'lease'>;
export type NumberedLease = { readonly number: LeaseNumber; readonly id: LeaseId };

type Kept = { readonly id: LeaseId; readonly report: Counted };
type Counted = { readonly bytes: ReceivedBytes; uses: number };

/**
 * Signed reports in memory alone: a verdict does not depend on them.
 *
 * Limits: SIGNED_RESULTS_KEPT_MAX and `bytesMax`; the oldest go first.
 */
export function signedReports(options: { readonly bytesMax?: number } = {}): SignedReports {
  const { bytesMax = SIGNED_REPORTS_BYTES_MAX } = options;
  // A Map keeps insertion order: the first is the oldest.
  const kept = new Map<LeaseNumber, Kept>();
  let heldBytes = 0;

  const forgetOne = (lease: LeaseNumber): void => {
    const known = kept.get(lease);
    if (known === undefined) return;
    kept.delete(lease);
    known.report.uses -= 1;
    if (known.report.uses === 0) heldBytes -= sizeOf(known.report.bytes);
  };

  return {
    keep(bytes, leases) {
      const report = { bytes, uses: 0 };
      for (const { number, id } of leases) {
        // The first output reported under a lease is the one that counts.
        if (kept.has(number)) continue;
        kept.set(number, { id, report });
        report.uses += 1;
      }
      if (report.uses > 0) heldBytes += sizeOf(bytes);
      for (const lease of kept.keys()) {
        if (kept.size <= SIGNED_RESULTS_KEPT_MAX && heldBytes <= bytesMax) return;
        forgetOne(lease);
      }
    },
    of(lease) {
      const known = kept.get(lease);
      return known === undefined ? null : { lease: known.id, ...known.report.bytes };
    },
    forget(leases) {
      for (const lease of leases) forgetOne(lease);
    },
  };
}

function sizeOf({ bytes }: ReceivedBytes): number {
  return bytes.byteLength;
}
