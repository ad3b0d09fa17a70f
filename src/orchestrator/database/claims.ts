// The rows of a stage, shared out among orchestrators.
//
//   open -> taken by a member -> done
//                 \-> its member died: what was accepted is done, the rest is open again
//
// Who takes rows schedules them in memory; only blocks of rows are booked here.
import { assert } from '../../domain/assert.ts';
import type { JobId } from '../../domain/ids.ts';
import { CLAIMS_PER_CALL_MAX } from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import {
  assertTiled,
  resultsFromBytes,
  resultsToBytes,
  type Actor,
  type Claim,
  type ClaimResult,
  type StreamResult,
} from './claim.ts';
import { actsFor, countDone } from './claim-rows.ts';
import type { Database, Queries } from './database.ts';
import { announce } from './notices.ts';
import { settleClaim, type Settlement } from './settle-claim.ts';

/** A stage of which rows are open. */
export type OpenStage = {
  readonly stageId: number;
  readonly job: JobId;
  readonly stage: number;
  /** As it was given when the stage was planned. */
  readonly plan: Uint8Array;
};

export type Claims = {
  /** Stages at work with open rows, those of the oldest jobs first. */
  openStages(): Promise<Outcome<readonly OpenStage[]>>;
  /** Takes open claims for a member; two never get the same. Empty where others have them all. */
  take(
    stageId: number,
    to: { readonly member: number; readonly count: number },
  ): Promise<Outcome<readonly Claim[]>>;
  /** What a stream has taken and not done. */
  held(stream: number): Promise<Outcome<readonly (Claim & { job: JobId; stage: number })[]>>;
  /**
   * Books a claim as done: once, however often it is called. Results tile its rows.
   *
   * False: it is no more, for its job ended.
   */
  finish(
    claim: Claim & { readonly results: readonly ClaimResult[] },
    as: Actor,
  ): Promise<Outcome<boolean>>;
  /** Shares out anew what a dead member held. */
  settle(settlements: readonly Settlement[], as: Actor): Promise<Outcome<void>>;
  /** All results of a stage whose claims are all done, in the order of rows; else null. */
  results(stageId: number): Promise<Outcome<readonly StreamResult[] | null>>;
};

export function claimsOf(database: Database): Claims {
  return {
    async openStages() {
      return database.read<OpenStage>(
        `SELECT id AS "stageId", job, stage, stages.plan FROM stages JOIN jobs USING (job, stage)
         WHERE state = 'open'
           AND EXISTS (SELECT 1 FROM claims WHERE stage_id = stages.id AND stream IS NULL)
         ORDER BY number LIMIT $1`,
        [CLAIMS_PER_CALL_MAX],
      );
    },

    take: (stageId, { member, count }) =>
      database.transaction(member, async ({ query }) => {
        assert(count <= CLAIMS_PER_CALL_MAX, 'claims are taken some at a time');
        const taken = await query<ClaimRow>(
          `WITH next AS (
             SELECT stage_id, row_start FROM claims
             WHERE stage_id = $1 AND stream IS NULL
             ORDER BY row_start LIMIT $2 FOR UPDATE SKIP LOCKED)
           UPDATE claims SET stream = $3 FROM next
           WHERE claims.stage_id = next.stage_id AND claims.row_start = next.row_start
           RETURNING ${CLAIM}`,
          [stageId, count, member],
        );
        return taken.map(claimOf).sort((a, b) => a.rows.start - b.rows.start);
      }),

    async held(stream) {
      const held = await database.read<ClaimRow & { job: JobId; stage: number }>(
        `SELECT ${CLAIM}, job, stage FROM claims JOIN stages ON id = stage_id
         WHERE stream = $1 AND NOT done ORDER BY stage_id, row_start`,
        [stream],
      );
      if (!held.ok) return held;
      const claims = held.value.map((row) => ({
        ...claimOf(row),
        job: row.job,
        stage: row.stage,
      }));
      return { ok: true, value: claims };
    },

    finish: ({ stageId, rows, results }, as) =>
      database.transaction(as.member, async (queries) => {
        assertTiled(rows, results);
        const done = await queries.query(
          `UPDATE claims SET done = true, results = $5
           WHERE stage_id = $1 AND row_start = $2 AND row_end = $3 AND stream = $4 AND NOT done
             AND ${actsFor('$4', '$6')} RETURNING 1`,
          [stageId, rows.start, rows.end, as.stream, resultsToBytes(results), as.member],
        );
        if (done.length > 0) {
          await countDone(queries, { stageId, rowCount: rows.end - rows.start });
          return true;
        }
        const [found] = await queries.query<{ mine: boolean }>(
          `SELECT stream = $4 AND done AND row_end = $3 AS mine FROM claims
           WHERE stage_id = $1 AND row_start = $2`,
          [stageId, rows.start, rows.end, as.stream],
        );
        assert(found?.mine !== false, 'a claim is finished by the stream that has it');
        return found !== undefined;
      }),

    settle: (settlements, as) =>
      database.transaction(as.member, async (queries) => {
        for (const settlement of settlements) await settleClaim(queries, settlement, as);
        await announce(queries, { kind: 'work' });
      }),

    async results(stageId) {
      const found = await database.read<ClaimRow & { stream: number; results: Uint8Array | null }>(
        `SELECT ${CLAIM}, stream, results FROM claims WHERE stage_id = $1 ORDER BY row_start`,
        [stageId],
      );
      if (!found.ok) return found;
      const all: StreamResult[] = [];
      for (const { stream, results } of found.value) {
        if (results === null) return { ok: true, value: null };
        for (const result of resultsFromBytes(results)) all.push({ ...result, stream });
      }
      return { ok: true, value: all };
    },
  };
}

/** Cuts a new stage's rows into open claims. */
export async function openClaims(
  { query }: Queries,
  stage: { readonly stageId: number; readonly rowCount: number; readonly claimRows: number },
): Promise<void> {
  await query(
    `INSERT INTO claims (stage_id, row_start, row_end)
     SELECT $1, start, least(start + $3, $2)
     FROM generate_series(0::bigint, $2::bigint - 1, $3::bigint) AS start`,
    [stage.stageId, stage.rowCount, stage.claimRows],
  );
}

const CLAIM = 'claims.stage_id, claims.row_start, claims.row_end';

type ClaimRow = {
  readonly stage_id: number;
  readonly row_start: number;
  readonly row_end: number;
};

function claimOf(row: ClaimRow): Claim {
  return { stageId: row.stage_id, rows: { start: row.row_start, end: row.row_end } };
}
