import type { JobId } from '../../domain/ids.ts';
import type { Queries } from './database.ts';
import { announce } from './notices.ts';

/** The stage's row is locked here: of those that finish at the same time, one is the last. */
export async function countDone(
  queries: Queries,
  of: { readonly stageId: number; readonly rowCount: number },
): Promise<void> {
  const [stage] = await queries.query<{ job: JobId; complete: boolean }>(
    `UPDATE stages SET rows_done = rows_done + $2 WHERE id = $1
     RETURNING job, rows_done = row_count AS complete`,
    [of.stageId, of.rowCount],
  );
  if (stage?.complete === true) await announce(queries, { kind: 'stage-done', job: stage.job });
}

/** A stream is written for by its member, or by who adopted it. */
export function actsFor(stream: string, member: string): string {
  return `EXISTS (SELECT 1 FROM members WHERE epoch = ${stream}
    AND (epoch = ${member} OR adopted_by = ${member}))`;
}
