import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { itemOf } from './archive-piece.ts';
import type { ArchiveTarget } from './archive-target.ts';
import type { ConveyorStore, QueuedItem } from './conveyor-store.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS confirmed (size INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT;
  INSERT INTO confirmed SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM confirmed);
  CREATE TABLE IF NOT EXISTS piece (
    first INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL,
    posted_at_ms INTEGER
  ) STRICT;`;

/** The name of the file that the queue for an archive has, among those for other archives. */
export function queueFileOf({ place }: Pick<ArchiveTarget, 'place'>): string {
  const digest = createHash('sha256').update(place).digest('hex');
  return `archive-${digest.slice(0, 16)}.sqlite`;
}

/**
 * The queue in one SQLite file, which it makes where there is none.
 *
 * Each change is one transaction, flushed before it succeeds: `kill -9` leaves it made or not.
 * Errors: "storage_failed" where the file cannot be used.
 */
export async function openSqliteConveyorStore(path: string): Promise<Outcome<ConveyorStore>> {
  try {
    const database = new DatabaseSync(path);
    database.exec(SCHEMA);
    return succeed(new SqliteConveyorStore(database));
  } catch (cause) {
    return storageFailure(cause);
  }
}

class SqliteConveyorStore implements ConveyorStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async load() {
    try {
      const confirmed = this.#database.prepare('SELECT size, at_ms FROM confirmed').get();
      const rows = this.#database
        .prepare('SELECT bytes, posted_at_ms FROM piece ORDER BY first')
        .all();
      const items: QueuedItem[] = [];
      for (const row of rows) {
        const { bytes, posted_at_ms: postedAtMs } = row;
        // The columns are STRICT and NOT NULL, but for the last.
        const item = await itemOf(bytes as Uint8Array);
        items.push({ item, postedAtMs: postedAtMs as number | null });
      }
      return succeed({
        confirmedSize: confirmed?.['size'] as number,
        confirmedAtMs: confirmed?.['at_ms'] as number,
        items,
      });
    } catch (cause) {
      return storageFailure(cause);
    }
  }

  async add(items: Parameters<ConveyorStore['add']>[0]): Promise<Outcome<void>> {
    return this.#change((database) => {
      const insert = database.prepare('INSERT INTO piece VALUES (?, ?, NULL)');
      for (const { first, bytes } of items) insert.run(first, bytes);
    });
  }

  async posted(first: number, atMs: number): Promise<Outcome<void>> {
    return this.#change((database) =>
      database.prepare('UPDATE piece SET posted_at_ms = ? WHERE first = ?').run(atMs, first),
    );
  }

  async confirmed(...[{ first, end }, atMs]: Parameters<ConveyorStore['confirmed']>) {
    return this.#change((database) => {
      database.prepare('DELETE FROM piece WHERE first = ?').run(first);
      database.prepare('UPDATE confirmed SET size = max(size, ?), at_ms = ?').run(end, atMs);
    });
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #change(make: (database: DatabaseSync) => void): Outcome<void> {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      make(this.#database);
      this.#database.exec('COMMIT');
      return succeed(undefined);
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      return storageFailure(cause);
    }
  }
}

// SQLite's own number for a disk without room.
const SQLITE_FULL = 13;

function storageFailure(cause: unknown): Outcome<never> {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const isFull = cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_FULL;
  return isFull
    ? fail(failure('storage_full', `the disk of the archive's queue is full. Make room on it.`))
    : fail(failure('storage_failed', `the archive's queue failed: ${detail}. Mend it, restart.`));
}
