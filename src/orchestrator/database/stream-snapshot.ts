// Snapshots of one stream.
//
//   begun -> a chunk a transaction, between commits -> finished: in one transaction it is listed,
//            and the events that it covers go, with the snapshot before it
//
// Whatever ends on the way leaves the stream as it was; chunks of what was not finished go when
// the next begins.
import { createHash } from 'node:crypto';
import { SNAPSHOT_CHUNK_BYTES } from '../../domain/limits.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Actor } from './claim.ts';
import type { Database, Queries } from './database.ts';
import type { Snapshot } from '../log/store.ts';

/**
 * Puts a snapshot in the place of the events that it covers, which end with a commit.
 *
 * Errors: "storage_full" | "storage_failed": the stream is as before; "member_fenced".
 */
export async function saveStreamSnapshot(
  database: Database,
  { member, stream }: Actor,
  snapshot: Snapshot,
): Promise<Outcome<void>> {
  const { eventCount, tasksAccepted, bytes } = snapshot;
  const act = (work: (queries: Queries) => Promise<unknown>): Promise<Outcome<void>> =>
    database.transaction(member, async (queries) => void (await work(queries)));

  const begun = await act(({ query }) =>
    query(
      `DELETE FROM snapshot_chunks WHERE stream = $1
         AND event_count NOT IN (SELECT event_count FROM snapshots WHERE stream = $1)`,
      [stream],
    ),
  );
  if (!begun.ok) return begun;
  for (let chunk = 0; chunk * SNAPSHOT_CHUNK_BYTES < bytes.byteLength; chunk++) {
    const start = chunk * SNAPSHOT_CHUNK_BYTES;
    const body = bytes.subarray(start, start + SNAPSHOT_CHUNK_BYTES);
    const added = await act(({ query }) =>
      query(
        `INSERT INTO snapshot_chunks (stream, event_count, chunk, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (stream, event_count, chunk) DO UPDATE SET body = excluded.body`,
        [stream, eventCount, chunk, body],
      ),
    );
    if (!added.ok) return added;
  }
  const digest = createHash('sha256').update(bytes).digest();
  return act(async ({ query }) => {
    await query(
      `INSERT INTO snapshots (stream, event_count, tasks_accepted, bytes, sha256)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (stream, event_count) DO NOTHING`,
      [stream, eventCount, tasksAccepted, bytes.byteLength, digest],
    );
    for (const table of ['snapshots', 'snapshot_chunks']) {
      await query(`DELETE FROM ${table} WHERE stream = $1 AND event_count < $2`, [
        stream,
        eventCount,
      ]);
    }
    await query('DELETE FROM events WHERE stream = $1 AND seq + count <= $2', [stream, eventCount]);
  });
}
