import type { JobId } from '../../domain/ids.ts';
import type { RowRange } from '../../domain/tensor.ts';
import type { ClaimResult } from './claim.ts';
import type { JobClaim } from './claim-book.ts';
import type { Settlement } from './settle-claim.ts';

/** What the log of a dead member tells of the stage that a job was at there. */
export type WardRows = {
  readonly stage: number;
  readonly accepted: readonly ClaimResult[];
  /** Of tasks with a result that waits for its verdict. */
  readonly unjudged: readonly RowRange[];
};

/**
 * What is to become of the claims that a dead member held: what was accepted is done, what waits
 * for its verdict stays until it is judged, and all else is open again.
 *
 * `rowsOf` is null for a job that its log does not know: it died before it logged the claim. Claims
 * of which nothing would change are left out.
 */
export function wardSettlements(
  held: readonly JobClaim[],
  rowsOf: (job: JobId) => WardRows | null,
): readonly Settlement[] {
  const settlements: Settlement[] = [];
  const byJob = new Map<JobId, WardRows | null>();
  for (const { job, stage, stageId, rows } of held) {
    if (!byJob.has(job)) byJob.set(job, rowsOf(job));
    const known = byJob.get(job) ?? null;
    // A job that went on to another stage has its former claims booked: none of them is held.
    const isAt = known !== null && known.stage === stage;
    const accepted = isAt ? known.accepted.filter((result) => isWithin(result.rows, rows)) : [];
    const unjudged = isAt ? known.unjudged.filter((range) => isWithin(range, rows)) : [];
    const waiting = unjudged.reduce((sum, range) => sum + range.end - range.start, 0);
    if (waiting === rows.end - rows.start) continue;
    settlements.push({ stageId, rows, accepted, kept: unjudged });
  }
  return settlements;
}

function isWithin(inner: RowRange, outer: RowRange): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
