import type { DatabaseSync } from 'node:sqlite';
import { failure } from '../../domain/failure.ts';
import { LOG_WAL_BYTES_KEPT } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { migrateFrom1 } from './migrate-from-1.ts';
import { damaged } from './storage-failure.ts';
import { TABLES_SINCE_1, TABLES_SINCE_2 } from './tables.ts';

/** Version of tables and of what they hold: an older store is migrated, a newer one refused. */
export const FORMAT_VERSION = 2;

// "mhnd": what makes a file ours and not some other program's database.
const APPLICATION_ID = 0x6d686e64;

/**
 * Makes the tables of a new file; checks those of an old one, and brings them to this version.
 * Throws what SQLite throws.
 */
export function openSchema(database: DatabaseSync, path: string): Outcome<void> {
  // One writer: the lock is taken with the first read and kept until the file is closed.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  const version = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  const isNew = database.prepare('SELECT 1 FROM sqlite_master').get() === undefined;
  if (!isNew && application !== APPLICATION_ID) {
    const text = `${path} belongs to another program`;
    return fail(failure('storage_failed', `${text}. Choose another --data folder.`));
  }
  if (version > FORMAT_VERSION) {
    const text = `${path} has format ${version}; this program reads up to ${FORMAT_VERSION}`;
    return fail(failure('storage_failed', `${text}. Use a newer manyhands.`));
  }
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(`PRAGMA journal_size_limit = ${LOG_WAL_BYTES_KEPT}`);
  const check = database.prepare('PRAGMA quick_check(1)').get();
  const verdict = String(check?.['quick_check']);
  if (verdict !== 'ok') return fail(damaged(path, verdict));
  // Takes the write lock too: a second orchestrator must fail now and not at its first write.
  database.exec('BEGIN EXCLUSIVE');
  if (isNew) database.exec(TABLES_SINCE_1 + TABLES_SINCE_2);
  else if (version === 1) migrateFrom1(database);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
  database.exec('COMMIT');
  return succeed(undefined);
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
