import { assert } from '../../domain/assert.ts';
import type { JobId } from '../../domain/ids.ts';
import type { RowRange } from '../../domain/tensor.ts';
import { gapsOf, runsOf, type Claim, type ClaimResult } from './claim.ts';
import type { Settlement } from './settle-claim.ts';

/** A claim of a stage at work. */
export type JobClaim = Claim & { readonly job: JobId; readonly stage: number };

/** A claim all of whose rows are accepted; its results tile them. */
export type FinishedClaim = JobClaim & { readonly results: readonly ClaimResult[] };

type Page = JobClaim & { readonly results: ClaimResult[]; rowsLeft: number };

/**
 * Which claims this member has at work, and which of their rows are accepted.
 *
 * So each claim is booked as done as soon as it is, and not when the last of a stage is. O(log n)
 * of the claims of a stage for each accepted task.
 */
export class ClaimBook {
  /** By stage, in the order of rows. */
  readonly #stages = new Map<number, Page[]>();
  readonly #stageIds = new Map<JobId, number>();

  /** Claims at work. */
  claims(): readonly Claim[] {
    return [...this.#stages.values()].flat();
  }

  /** A claim was taken. A later stage of a job takes the place of the one before. */
  add(claim: JobClaim): void {
    const known = this.#stageIds.get(claim.job);
    if (known !== undefined && known !== claim.stageId) this.#stages.delete(known);
    this.#stageIds.set(claim.job, claim.stageId);
    const pages = this.#stages.get(claim.stageId) ?? [];
    this.#stages.set(claim.stageId, pages);
    const page = { ...claim, results: [], rowsLeft: claim.rows.end - claim.rows.start };
    pages.splice(placeOf(pages, claim.rows.start), 0, page);
  }

  /** Rows of a task were accepted, which lie in one claim. Gives the claim that this finishes. */
  accept(task: {
    readonly job: JobId;
    readonly stage: number;
    readonly rows: RowRange;
    readonly lease: number;
  }): FinishedClaim | null {
    const { rows, lease } = task;
    const pages = this.#stages.get(this.#stageIds.get(task.job) ?? Number.NaN);
    const at = pages === undefined ? -1 : placeOf(pages, rows.start + 1) - 1;
    const page = pages?.[at];
    if (page === undefined || page.stage !== task.stage) return null;
    assert(page.rows.start <= rows.start && rows.end <= page.rows.end, 'a task is of one claim');
    page.results.push({ lease, rows });
    page.rowsLeft -= rows.end - rows.start;
    assert(page.rowsLeft >= 0, 'a row is accepted once');
    if (page.rowsLeft > 0) return null;
    pages?.splice(at, 1);
    const { rowsLeft: _, ...claim } = page;
    return { ...claim, results: claim.results.sort((a, b) => a.rows.start - b.rows.start) };
  }

  /**
   * Rows that no task has are given up. Gives what each claim with some of them comes to: what of
   * it is accepted, and what stays at work, as a claim for each run of rows.
   */
  release(of: {
    readonly job: JobId;
    readonly stage: number;
    readonly rows: readonly RowRange[];
  }): readonly Settlement[] {
    const pages = this.#stages.get(this.#stageIds.get(of.job) ?? Number.NaN) ?? [];
    const settlements: Settlement[] = [];
    for (const { results, rowsLeft: _, ...claim } of [...pages]) {
      const released = of.rows.flatMap((range) => commonRows(range, claim.rows));
      if (claim.stage !== of.stage || released.length === 0) continue;
      const accepted = runsOf(results).flatMap((run) => run.results);
      const over = [...accepted.map(({ rows }) => rows), ...released];
      const atWork = gapsOf(claim.rows, over);
      pages.splice(placeOf(pages, claim.rows.start), 1);
      for (const rows of atWork) this.add({ ...claim, rows });
      const { stageId, rows } = claim;
      settlements.push({ stageId, rows, accepted, kept: atWork });
    }
    return settlements;
  }

  /** Its job is over: nothing of it is booked any more. */
  drop(job: JobId): void {
    const stageId = this.#stageIds.get(job);
    if (stageId === undefined) return;
    this.#stageIds.delete(job);
    this.#stages.delete(stageId);
  }
}

function commonRows(one: RowRange, other: RowRange): readonly RowRange[] {
  const start = Math.max(one.start, other.start);
  const end = Math.min(one.end, other.end);
  return start < end ? [{ start, end }] : [];
}

/** How many claims begin before a row. */
function placeOf(pages: readonly Page[], row: number): number {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pages[middle]?.rows.start ?? Infinity) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
