import type { RowRange } from '../../domain/tensor.ts';
import {
  gapsOf,
  resultsToBytes,
  runsOf,
  type Actor,
  type Claim,
  type ClaimResult,
} from './claim.ts';
import { actsFor, countDone } from './claim-rows.ts';
import type { Queries } from './database.ts';

/** What became of the rows of a claim that is given up; those that are neither are open again. */
export type Settlement = Claim & {
  readonly accepted: readonly ClaimResult[];
  /** Still its stream's: with its agents, or reported and to be judged by who adopted it. */
  readonly kept: readonly RowRange[];
};

/** The claim gives way to one for each run of its rows that share a fate. */
export async function settleClaim(queries: Queries, claim: Settlement, as: Actor): Promise<void> {
  const { stageId, rows, accepted, kept } = claim;
  const removed = await queries.query(
    `DELETE FROM claims WHERE stage_id = $1 AND row_start = $2 AND row_end = $3 AND stream = $4
       AND NOT done AND ${actsFor('$4', '$5')} RETURNING 1`,
    [stageId, rows.start, rows.end, as.stream, as.member],
  );
  // Its job ended meanwhile.
  if (removed.length === 0) return;
  const doneRuns = runsOf(accepted);
  for (const run of doneRuns) {
    await queries.query(
      `INSERT INTO claims (stage_id, row_start, row_end, stream, done, results)
       VALUES ($1, $2, $3, $4, true, $5)`,
      [stageId, run.rows.start, run.rows.end, as.stream, resultsToBytes(run.results)],
    );
  }
  const insert = (range: RowRange, stream: number | null) =>
    queries.query(
      'INSERT INTO claims (stage_id, row_start, row_end, stream) VALUES ($1, $2, $3, $4)',
      [stageId, range.start, range.end, stream],
    );
  for (const range of kept) await insert(range, as.stream);
  const ours = [...doneRuns.map((run) => run.rows), ...kept];
  for (const range of gapsOf(rows, ours)) await insert(range, null);
  const rowCount = doneRuns.reduce((sum, run) => sum + run.rows.end - run.rows.start, 0);
  if (rowCount > 0) await countDone(queries, { stageId, rowCount });
}
