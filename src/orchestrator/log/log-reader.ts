import type { DatabaseSync } from 'node:sqlite';
import { LOG_READ_BYTES, LOG_READ_EVENTS_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { LogHead, SnapshotHead } from './log-message.ts';
import { damaged } from './storage-failure.ts';

/** Reads what the log holds; snapshots apart. */
export function logReader(database: DatabaseSync, path: string) {
  const span = database.prepare(
    'SELECT min(seq) AS first, max(seq) AS last, count(*) AS count FROM events',
  );
  const newest = database.prepare('SELECT * FROM snapshots ORDER BY snapshot DESC LIMIT 1');
  const anyJob = database.prepare('SELECT 1 FROM jobs LIMIT 1');
  const behind = database.prepare('SELECT body FROM events WHERE seq > ? ORDER BY seq LIMIT ?');

  const snapshot = (): SnapshotHead | null => {
    const row = newest.get();
    if (row === undefined) return null;
    return {
      eventCount: Number(row['events']),
      tasksAccepted: Number(row['tasks_accepted']),
      byteLength: Number(row['bytes']),
    };
  };

  return {
    /** The number of the last event; 0 where none was ever logged. */
    lastEvent: (): number => Number(span.get()?.['last'] ?? snapshot()?.eventCount ?? 0),

    head(): Outcome<LogHead> {
      const covers = snapshot();
      const covered = covers?.eventCount ?? 0;
      const row = span.get();
      const count = Number(row?.['count'] ?? 0);
      if (count === 0) {
        // Every job came with its event: a log that lost them must not pass for a new one.
        const isWhole = covers !== null || anyJob.get() === undefined;
        if (!isWhole) return fail(damaged(path, 'it holds jobs and no event'));
        return succeed({ snapshot: covers, eventCount: covered });
      }
      const [first, last] = [Number(row?.['first']), Number(row?.['last'])];
      // An event before the snapshot is dropped with it, in one transaction.
      if (first !== covered + 1 || count !== last - covered) {
        const text = `it holds ${count} events, ${first} to ${last}, behind a snapshot of`;
        return fail(damaged(path, `${text} ${covered}`));
      }
      return succeed({ snapshot: covers, eventCount: last });
    },

    eventsAfter(eventCount: number): readonly string[] {
      const texts: string[] = [];
      let size = 0;
      for (const { body } of behind.iterate(eventCount, LOG_READ_EVENTS_MAX)) {
        const text = String(body);
        texts.push(text);
        size += text.length;
        if (size >= LOG_READ_BYTES) break;
      }
      return texts;
    },
  };
}
