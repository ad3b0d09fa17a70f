import { decode } from 'cborg';
import type { JobId } from '../../domain/ids.ts';
import type { JobSpec, JobView } from '../../domain/job.ts';
import { viewKept, type KeptView } from '../../domain/kept-view.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { JobPlan } from '../../workloads/index.ts';
import type { Database } from './database.ts';

/** Jobs as they stand over all members, whichever is asked. */
export type SharedViews = {
  /** Null: there is no such job. */
  of(job: JobId): Promise<Outcome<JobView | null>>;
  /** Newest first; `before` is the `next` of the page before, and `next` null at the end. */
  list(page: {
    readonly before: number | null;
    readonly limit: number;
  }): Promise<Outcome<{ readonly jobs: readonly JobView[]; readonly next: number | null }>>;
  /** Tells the others how jobs stand at this member: what it said before gives way. */
  note(views: readonly JobView[], member: number): Promise<Outcome<void>>;
};

export function sharedViews(database: Database): SharedViews {
  return {
    async of(job) {
      const found = await database.read<ViewRow>(`${VIEWS} WHERE jobs.job = $1`, [job]);
      if (!found.ok) return found;
      const [row] = found.value;
      return succeed(row === undefined ? null : viewOf(row));
    },

    async list({ before, limit }) {
      const found = await database.read<ViewRow>(
        `${VIEWS} WHERE $1::bigint IS NULL OR number < $1 ORDER BY number DESC LIMIT $2`,
        // One more tells whether there is another page.
        [before, limit + 1],
      );
      if (!found.ok) return found;
      const rows = found.value.slice(0, limit);
      const next = found.value.length > limit ? (rows.at(-1)?.number ?? null) : null;
      return succeed({ jobs: rows.map(viewOf), next });
    },

    note: (views, member) =>
      database.transaction(member, async ({ query }) => {
        // In one order everywhere, so that two members do not wait for each other.
        const sorted = views.toSorted((a, b) => (a.job < b.job ? -1 : 1));
        const column = (name: keyof JobView) => sorted.map((view) => view[name]);
        await query(
          `INSERT INTO progress (stream, job, stage, tasks, tasks_accepted, tasks_leased,
             tasks_checking, rows_accepted, contributors)
           SELECT $1, told.* FROM unnest($2::text[], $3::int[], $4::int[], $5::int[], $6::int[],
             $7::int[], $8::bigint[], $9::int[]) AS told (job)
           WHERE EXISTS (SELECT 1 FROM jobs WHERE jobs.job = told.job AND state = 'open')
           ON CONFLICT (job, stream) DO UPDATE SET stage = excluded.stage,
             tasks = excluded.tasks, tasks_accepted = excluded.tasks_accepted,
             tasks_leased = excluded.tasks_leased, tasks_checking = excluded.tasks_checking,
             rows_accepted = excluded.rows_accepted, contributors = excluded.contributors`,
          [
            member,
            column('job'),
            column('stage'),
            column('taskCount'),
            column('tasksAccepted'),
            column('tasksLeased'),
            column('tasksChecking'),
            column('rowsAccepted'),
            column('contributorCount'),
          ],
        );
      }),
  };
}

/** Progress of a former stage counts no more. */
const VIEWS = `
  SELECT jobs.job, number, spec, jobs.plan, ended, jobs.stage, row_count AS "rowCount",
    rows_done AS "rowsDone", (extract(epoch FROM submitted_at) * 1000)::bigint AS "submittedAtMs",
    tasks, "tasksAccepted", "tasksLeased", "tasksChecking", "rowsAccepted", contributors
  FROM jobs JOIN stages USING (job, stage)
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(tasks), 0)::bigint AS tasks,
      coalesce(sum(tasks_accepted), 0)::bigint AS "tasksAccepted",
      coalesce(sum(tasks_leased), 0)::bigint AS "tasksLeased",
      coalesce(sum(tasks_checking), 0)::bigint AS "tasksChecking",
      coalesce(sum(rows_accepted), 0)::bigint AS "rowsAccepted",
      coalesce(sum(contributors), 0)::bigint AS contributors
    FROM progress WHERE progress.job = jobs.job AND progress.stage = jobs.stage
  ) AS told`;

type ViewRow = {
  readonly job: JobId;
  readonly number: number;
  readonly spec: Uint8Array;
  readonly plan: Uint8Array;
  readonly ended: Uint8Array | null;
  readonly stage: number;
  readonly rowCount: number;
  readonly rowsDone: number;
  readonly submittedAtMs: number;
  readonly tasks: number;
  readonly tasksAccepted: number;
  readonly tasksLeased: number;
  readonly tasksChecking: number;
  readonly rowsAccepted: number;
  readonly contributors: number;
};

/** Spec, plan and end are what this program encoded. */
function viewOf(row: ViewRow): JobView {
  if (row.ended !== null) return viewKept(decode(row.ended) as KeptView);
  const { name, workload } = decode(row.spec) as JobSpec;
  const { stageCount } = decode(row.plan) as JobPlan;
  const hasBegun = row.stage > 0 || row.rowsDone > 0 || row.tasksLeased + row.tasksAccepted > 0;
  return {
    job: row.job,
    name,
    workload: workload.kind,
    state: hasBegun ? 'running' : 'queued',
    submittedAtMs: row.submittedAtMs,
    endedAtMs: null,
    stage: row.stage,
    stageCount,
    taskCount: row.tasks,
    tasksAccepted: row.tasksAccepted,
    tasksLeased: row.tasksLeased,
    tasksChecking: row.tasksChecking,
    rowCount: row.rowCount,
    // Claims are booked a moment after what members say, and outlive a member.
    rowsAccepted: Math.min(row.rowCount, Math.max(row.rowsDone, row.rowsAccepted)),
    // Nothing is sampled where members share jobs; who agreed and what was passed is told at the end.
    rowsSampled: 0,
    rowsAgreed: 0,
    checks: [],
    contributorCount: row.contributors,
    failure: null,
  };
}
