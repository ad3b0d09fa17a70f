import type { DatabaseSync } from 'node:sqlite';
import { failure } from '../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { damaged } from './storage-failure.ts';

/** Version of tables and of what their CBOR holds; a newer store is refused. */
export const FORMAT_VERSION = 2;

// "mhnd": what makes a file ours and not some other program's database.
const APPLICATION_ID = 0x6d686e64;

const TABLES = `
  -- What happened, in order: the truth.
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
  -- Outputs reported, until their job ends.
  CREATE TABLE results (
    lease INTEGER PRIMARY KEY, job TEXT NOT NULL, agent TEXT NOT NULL, output BLOB NOT NULL
  ) STRICT;
  CREATE INDEX results_by_job ON results (job);
  -- Jobs as submitted, their output, and how they stood when they ended.
  CREATE TABLE jobs (
    job TEXT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, spec_digest BLOB NOT NULL,
    spec BLOB NOT NULL, plan BLOB NOT NULL, output BLOB, ended BLOB
  ) STRICT;
  -- What the tasks of each stage share, and the tensors that they were assembled to.
  CREATE TABLE stages (
    job TEXT NOT NULL, stage INTEGER NOT NULL, work BLOB NOT NULL, tensors BLOB,
    PRIMARY KEY (job, stage)
  ) STRICT;
  -- Small things to be kept: secrets and marks.
  CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
`;

/** Makes the tables of a new file, and checks those of an old one. Throws what SQLite throws. */
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
  // Takes the write lock too: a second orchestrator must fail now and not at its first write.
  database.exec('BEGIN EXCLUSIVE');
  if (isNew) {
    database.exec(TABLES);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
  }
  database.exec('COMMIT');
  const check = database.prepare('PRAGMA quick_check(1)').get();
  const verdict = String(check?.['quick_check']);
  return verdict === 'ok' ? succeed(undefined) : fail(damaged(path, verdict));
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
