import { createHash } from 'node:crypto';
import { failure, type Failure } from '../../domain/failure.ts';
import { EVENT_ROWS_PER_READ } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { Snapshot } from '../log/store.ts';
import type { Database } from './database.ts';

/** What a stream holds: its last snapshot, and where it ends. */
export type StreamContent = {
  readonly snapshot: Snapshot | null;
  /** Events, those that the snapshot covers too. */
  readonly eventCount: number;
  readonly reportCount: number;
};

/** Errors: "storage_failed" where a snapshot is not what was written. */
export async function readStream(
  database: Database,
  stream: number,
): Promise<Outcome<StreamContent>> {
  const snapshot = await readSnapshot(database, stream);
  if (!snapshot.ok) return snapshot;
  const counts = await database.read<{ events: number | null; reports: number | null }>(
    `SELECT (SELECT max(seq + count) FROM events WHERE stream = $1) AS events,
       (SELECT max(report) + 1 FROM reports WHERE stream = $1) AS reports`,
    [stream],
  );
  if (!counts.ok) return counts;
  const [last] = counts.value;
  return succeed({
    snapshot: snapshot.value,
    eventCount: Math.max(last?.events ?? 0, snapshot.value?.eventCount ?? 0),
    reportCount: last?.reports ?? 0,
  });
}

/**
 * Events from the one with number `from` on, in order, some at a time; each one line of JSON.
 *
 * Errors: "storage_failed" where some are missing; nothing comes behind it.
 */
export async function* readEvents(
  database: Database,
  of: { readonly stream: number; readonly from: number },
): AsyncGenerator<Outcome<readonly string[]>> {
  let next = of.from;
  for (;;) {
    const rows = await database.read<{ seq: number; count: number; body: string }>(
      // The commit that holds the first may hold some before it.
      `SELECT seq, count, body FROM events WHERE stream = $1 AND seq >=
         coalesce((SELECT max(seq) FROM events WHERE stream = $1 AND seq <= $2), $2)
       ORDER BY seq LIMIT $3`,
      [of.stream, next, EVENT_ROWS_PER_READ],
    );
    if (!rows.ok) {
      yield rows;
      return;
    }
    for (const { seq, count, body } of rows.value) {
      const events = body.split('\n');
      const end = seq + count;
      // All of these came before: only the first commit that is read may be so.
      if (end <= next) continue;
      if (seq > next || events.length !== count) {
        yield fail(incomplete(database, `event ${next} of stream ${of.stream} is missing`));
        return;
      }
      yield succeed(events.slice(next - seq));
      next = end;
    }
    if (rows.value.length < EVENT_ROWS_PER_READ) return;
  }
}

async function readSnapshot(database: Database, stream: number): Promise<Outcome<Snapshot | null>> {
  const listed = await database.read<{
    eventCount: number;
    tasksAccepted: number;
    byteLength: number;
    sha256: Buffer;
  }>(
    `SELECT event_count AS "eventCount", tasks_accepted AS "tasksAccepted",
       bytes AS "byteLength", sha256 FROM snapshots WHERE stream = $1
     ORDER BY event_count DESC LIMIT 1`,
    [stream],
  );
  if (!listed.ok) return listed;
  const [snapshot] = listed.value;
  if (snapshot === undefined) return succeed(null);
  const { eventCount, tasksAccepted, byteLength, sha256 } = snapshot;
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (let chunk = 0; at < byteLength; chunk++) {
    const rows = await database.read<{ body: Uint8Array }>(
      `SELECT body FROM snapshot_chunks WHERE stream = $1 AND event_count = $2 AND chunk = $3`,
      [stream, eventCount, chunk],
    );
    if (!rows.ok) return rows;
    const body = rows.value[0]?.body;
    if (body === undefined || at + body.byteLength > byteLength) break;
    bytes.set(body, at);
    at += body.byteLength;
  }
  const digest = createHash('sha256').update(bytes).digest();
  if (at === byteLength && digest.equals(sha256)) {
    return succeed({ eventCount, tasksAccepted, bytes });
  }
  return fail(incomplete(database, `the snapshot of stream ${stream} is not what was written`));
}

function incomplete({ address }: Database, detail: string): Failure {
  const text = `the database ${address.shown} is damaged (${detail})`;
  return failure('storage_failed', `${text}. Restore it from a copy.`);
}
