// The log's file, as the thread that has it works on it: SQLite in WAL mode, synced at each commit.
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../../data/node.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { JobRow, LogThread, Row } from './log-message.ts';
import { logReader } from './log-reader.ts';
import { outputReader } from './output-reader.ts';
import { openSchema } from './schema.ts';
import { snapshotKeeper } from './snapshot-keeper.ts';
import { storageFailure } from './storage-failure.ts';

/**
 * Opens the file, and makes it where there is none.
 *
 * Errors: "storage_failed" | "storage_full", naming the remedy.
 */
export function openLogFile(path: string): Outcome<LogThread> {
  let database: DatabaseSync | null = null;
  try {
    makeFolder(dirname(path));
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path);
    const opened = openSchema(database, path);
    if (opened.ok) return succeed(threadOver(database, path));
    database.close();
    return opened;
  } catch (cause) {
    if (database?.isOpen === true) database.close();
    return fail(storageFailure(cause, path));
  }
}

/** Does some writes in one transaction: all of them, or none. */
export type Transact = (work: () => void) => Outcome<void>;

function threadOver(database: DatabaseSync, path: string): LogThread {
  const transact: Transact = (work) => {
    try {
      database.exec('BEGIN IMMEDIATE');
      work();
      database.exec('COMMIT');
      return succeed(undefined);
    } catch (cause) {
      // A full disk has rolled back by itself already.
      if (database.isTransaction) database.exec('ROLLBACK');
      return fail(storageFailure(cause, path));
    }
  };
  const reader = logReader(database, path);
  const snapshots = snapshotKeeper({ database, path, transact });
  const outputs = outputReader(database);
  const write = writer(database);
  const read = readers(database);
  let eventCount = reader.lastEvent();
  return {
    commit(rows) {
      let last = eventCount;
      const committed = transact(() => {
        for (const row of rows) {
          if (row[0] === 'event') write.event.run((last += 1), row[1]);
          else write.other(row);
        }
      });
      if (!committed.ok) return committed;
      eventCount = last;
      for (const row of rows) if (row[0] === 'ended') outputs.forget(row[1]);
      return committed;
    },
    head: reader.head,
    eventsAfter: reader.eventsAfter,
    ...snapshots,
    outputs: outputs.read,
    job: (by) => jobRow('job' in by ? read.job.get(by.job) : read.jobByKey.get(by.key)),
    work: (job, stage) => bytesOf(read.work.get(job, stage)?.['work']),
    tensors: (job) => read.tensors.all(job).flatMap((row) => bytesOf(row['tensors']) ?? []),
    jobOutput: (job) => bytesOf(read.jobOutput.get(job)?.['output']),
    endedJob: (job) => bytesOf(read.endedJob.get(job)?.['ended']),
    jobsWithoutEnd: () => read.jobsWithoutEnd.all().map((row) => String(row['job'])),
    kept: (name) => bytesOf(read.kept.get(name)?.['value']),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

type OtherRow = Exclude<Row, readonly ['event', string]>;

function writer(database: DatabaseSync) {
  const outputs = database.prepare(
    `INSERT INTO outputs (job, agent, leases, body) SELECT ?1, ?2, ?3, ?4
     WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE job = ?1 AND ended IS NOT NULL)`,
  );
  const job = database.prepare(
    'INSERT INTO jobs (job, idempotency_key, spec_digest, spec, plan) VALUES (?, ?, ?, ?, ?)',
  );
  const work = database.prepare(
    'INSERT OR REPLACE INTO stages (job, stage, work) VALUES (?, ?, ?)',
  );
  const tensors = database.prepare('UPDATE stages SET tensors = ?3 WHERE job = ?1 AND stage = ?2');
  const output = database.prepare('UPDATE jobs SET output = ?2 WHERE job = ?1');
  const ended = database.prepare('UPDATE jobs SET ended = ?2 WHERE job = ?1');
  const dropOutputs = database.prepare('DELETE FROM outputs WHERE job = ?');
  const keep = database.prepare('INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)');
  return {
    event: database.prepare('INSERT INTO events (seq, body) VALUES (?, ?)'),
    other(row: OtherRow): void {
      switch (row[0]) {
        case 'outputs':
          return void outputs.run(row[1], row[2], row[3], row[4]);
        case 'job':
          return void job.run(row[1], row[2], row[3], row[4], row[5]);
        case 'work':
          return void work.run(row[1], row[2], row[3]);
        case 'tensors':
          return void tensors.run(row[1], row[2], row[3]);
        case 'output':
          return void output.run(row[1], row[2]);
        case 'ended':
          dropOutputs.run(row[1]);
          return void ended.run(row[1], row[2]);
        case 'keep':
          return void keep.run(row[1], row[2]);
      }
    },
  };
}

function readers(database: DatabaseSync) {
  const jobColumns = 'SELECT job, idempotency_key, spec_digest, spec, plan FROM jobs';
  return {
    job: database.prepare(`${jobColumns} WHERE job = ?`),
    jobByKey: database.prepare(`${jobColumns} WHERE idempotency_key = ?`),
    work: database.prepare('SELECT work FROM stages WHERE job = ? AND stage = ?'),
    tensors: database.prepare('SELECT tensors FROM stages WHERE job = ? ORDER BY stage'),
    jobOutput: database.prepare('SELECT output FROM jobs WHERE job = ?'),
    endedJob: database.prepare('SELECT ended FROM jobs WHERE job = ?'),
    jobsWithoutEnd: database.prepare('SELECT job FROM jobs WHERE ended IS NULL ORDER BY rowid'),
    kept: database.prepare('SELECT value FROM kept WHERE name = ?'),
  };
}

function jobRow(row: Record<string, unknown> | undefined): JobRow | null {
  if (row === undefined) return null;
  const none = new Uint8Array();
  return {
    job: String(row['job']),
    key: String(row['idempotency_key']),
    digest: bytesOf(row['spec_digest']) ?? none,
    spec: bytesOf(row['spec']) ?? none,
    plan: bytesOf(row['plan']) ?? none,
  };
}

function bytesOf(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}
