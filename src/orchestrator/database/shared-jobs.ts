// Jobs as all orchestrators see them.
//
//   open, at a stage -> its claims are all done -> its owner assembles it -> the next stage
//                                                                       \-> done
//   open -> failed (planning or assembling; a poisoned task) | canceled (through any member)
import { assert } from '../../domain/assert.ts';
import type { JobId } from '../../domain/ids.ts';
import { CLAIMS_PER_CALL_MAX, OPEN_JOBS_MAX } from '../../domain/limits.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import { openClaims } from './claims.ts';
import type { Database, Queries } from './database.ts';
import { announce } from './notices.ts';

/** What is kept of a job; the bytes are the caller's. */
export type SharedJob = {
  readonly job: JobId;
  readonly idempotencyKey: string;
  readonly specDigest: Uint8Array;
  readonly spec: Uint8Array;
  readonly plan: Uint8Array;
  /** Unix time in milliseconds, by the clock of the member that accepts it; null: none. */
  readonly deadlineAtMs: number | null;
};

export type NewStage = {
  readonly stage: number;
  /** What schedulers need to know of it. */
  readonly plan: Uint8Array;
  readonly work: Uint8Array;
  readonly rowCount: number;
  readonly claimRows: number;
};

export type Submitted =
  | { readonly kind: 'accepted' }
  /** The key was used before: for this job if the digests are equal. */
  | { readonly kind: 'known'; readonly job: JobId; readonly specDigest: Uint8Array }
  /** OPEN_JOBS_MAX are open. */
  | { readonly kind: 'full' };

export type StageAt = { readonly job: JobId; readonly stage: number };

/** A stage all of whose claims are done. */
export type StageToAssemble = StageAt & { readonly stageId: number };

export type JobEnding = {
  readonly job: JobId;
  readonly state: 'done' | 'failed' | 'canceled';
  /** How it stood when it ended. */
  readonly ended: Uint8Array;
  /** Of a job that is done: what its last stage was assembled to, and its output. */
  readonly output: (StageAt & { readonly tensors: Uint8Array; readonly bytes: Uint8Array }) | null;
};

export type SharedJobs = {
  /** Accepts a job, whose stages `by` assembles. */
  submit(job: SharedJob & { readonly first: NewStage }, by: number): Promise<Outcome<Submitted>>;
  /** Of a stage that was begun, what schedulers need to know. */
  plan(stageId: number): Promise<Outcome<Uint8Array>>;
  /** Stages of a member's jobs whose claims are all done. */
  toAssemble(owner: number): Promise<Outcome<readonly StageToAssemble[]>>;
  /** Goes on to the next stage. False: the job is elsewhere by now, or has another owner. */
  advance(
    from: StageAt & { readonly tensors: Uint8Array; readonly next: NewStage },
    by: number,
  ): Promise<Outcome<boolean>>;
  /**
   * Ends a job for all members: its claims and what its tasks put out are dropped. Any member may
   * cancel or fail it; done it is by its owner. False: it is over already, or not at that stage.
   */
  end(ending: JobEnding, by: number): Promise<Outcome<boolean>>;
  /** A member's jobs that are open at or past their deadline, the oldest first. */
  late(owner: number, nowMs: number): Promise<Outcome<readonly JobId[]>>;
  /** Those of the jobs that are over. */
  endedAmong(jobs: readonly JobId[]): Promise<Outcome<readonly JobId[]>>;
};

export function sharedJobsOf(database: Database): SharedJobs {
  return {
    submit: (job, by) =>
      database.transaction(by, async (queries) => {
        const known = await jobByKey(queries, job.idempotencyKey);
        if (known !== null) return { kind: 'known', ...known } as const;
        const [open] = await queries.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM jobs WHERE state = 'open'`,
        );
        if ((open?.count ?? 0) >= OPEN_JOBS_MAX) return { kind: 'full' } as const;
        const made = await queries.query(
          `INSERT INTO jobs (job, idempotency_key, spec_digest, spec, plan, owner, stage, deadline_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::double precision / 1000))
           ON CONFLICT (idempotency_key) DO NOTHING RETURNING 1`,
          [
            job.job,
            job.idempotencyKey,
            job.specDigest,
            job.spec,
            job.plan,
            by,
            job.first.stage,
            job.deadlineAtMs,
          ],
        );
        if (made.length === 0) {
          // Another member accepted it in the same moment.
          const other = await jobByKey(queries, job.idempotencyKey);
          if (other !== null) return { kind: 'known', ...other } as const;
        }
        await beginStage(queries, job.job, job.first);
        return { kind: 'accepted' } as const;
      }),

    async plan(stageId) {
      const text = 'SELECT plan FROM stages WHERE id = $1';
      const found = await database.read<{ plan: Uint8Array }>(text, [stageId]);
      if (!found.ok) return found;
      const [stage] = found.value;
      assert(stage !== undefined, 'a stage that was begun is kept');
      return succeed(stage.plan);
    },

    toAssemble: (owner) =>
      database.read<StageToAssemble>(
        `SELECT job, stage, id AS "stageId" FROM jobs JOIN stages USING (job, stage)
         WHERE owner = $1 AND state = 'open' AND rows_done = row_count
         ORDER BY number LIMIT $2`,
        [owner, CLAIMS_PER_CALL_MAX],
      ),

    advance: ({ job, stage, tensors, next }, by) =>
      database.transaction(by, async (queries) => {
        const moved = await queries.query(
          `UPDATE jobs SET stage = $3
           WHERE job = $1 AND stage = $2 AND owner = $4 AND state = 'open' RETURNING 1`,
          [job, stage, next.stage, by],
        );
        if (moved.length === 0) return false;
        await keepTensors(queries, { job, stage, tensors });
        await beginStage(queries, job, next);
        return true;
      }),

    end: ({ job, state, ended, output }, by) =>
      database.transaction(by, async (queries) => {
        const over = await queries.query(
          `UPDATE jobs SET state = $2, ended = $3, output = $4
           WHERE job = $1 AND state = 'open' AND ($5::int IS NULL OR (stage = $5 AND owner = $6))
           RETURNING 1`,
          [job, state, ended, output?.bytes ?? null, output?.stage ?? null, by],
        );
        if (over.length === 0) return false;
        if (output !== null) await keepTensors(queries, output);
        const stages = 'SELECT id FROM stages WHERE job = $1';
        await queries.query(`DELETE FROM claims WHERE stage_id IN (${stages})`, [job]);
        for (const table of ['reports', 'progress']) {
          await queries.query(`DELETE FROM ${table} WHERE job = $1`, [job]);
        }
        await announce(queries, { kind: 'job-ended', job });
        return true;
      }),

    late: (owner, nowMs) =>
      jobsIn(
        database,
        `SELECT job FROM jobs WHERE owner = $1 AND state = 'open'
           AND deadline_at <= to_timestamp($2::double precision / 1000) ORDER BY number`,
        [owner, nowMs],
      ),

    endedAmong: (jobs) =>
      jobsIn(database, `SELECT job FROM jobs WHERE job = ANY ($1) AND state <> 'open'`, [jobs]),
  };
}

async function jobsIn(
  database: Database,
  text: string,
  values: readonly unknown[],
): Promise<Outcome<readonly JobId[]>> {
  const found = await database.read<{ job: JobId }>(text, values);
  return found.ok ? succeed(found.value.map(({ job }) => job)) : found;
}

async function jobByKey({ query }: Queries, key: string) {
  const [known] = await query<{ job: JobId; specDigest: Uint8Array }>(
    'SELECT job, spec_digest AS "specDigest" FROM jobs WHERE idempotency_key = $1',
    [key],
  );
  return known ?? null;
}

async function beginStage(queries: Queries, job: JobId, stage: NewStage): Promise<void> {
  const [made] = await queries.query<{ id: number }>(
    `INSERT INTO stages (job, stage, plan, work, row_count)
     VALUES ($1, $2, $3, $4, $5) RETURNING id`,
    [job, stage.stage, stage.plan, stage.work, stage.rowCount],
  );
  await openClaims(queries, { ...stage, stageId: made?.id ?? Number.NaN });
  const isEmpty = stage.rowCount === 0;
  await announce(queries, isEmpty ? { kind: 'stage-done', job } : { kind: 'work' });
}

function keepTensors({ query }: Queries, of: StageAt & { readonly tensors: Uint8Array }) {
  return query('UPDATE stages SET tensors = $3 WHERE job = $1 AND stage = $2', [
    of.job,
    of.stage,
    of.tensors,
  ]);
}
