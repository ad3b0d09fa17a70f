import type { DatabaseSync } from 'node:sqlite';
import { decode } from 'cborg';
import type { LeaseId } from '../../domain/ids.ts';
import type { TaskOutput } from '../../domain/work.ts';
import type { SchedulerEvent } from '../../scheduler/index.ts';
import { eventToText } from './event-text.ts';
import { packOutputs } from './packed-outputs.ts';
import { TABLES_SINCE_2 } from './tables.ts';

/** Outputs of one job that are put together: version 1 had them one by one. */
const OUTPUTS_TOGETHER = 64;

/**
 * Takes a store of version 1 to version 2, within the transaction that is open.
 *
 * Version 1 had events as CBOR, each output in a row of its own, and no snapshots.
 * Throws what SQLite throws.
 */
export function migrateFrom1(database: DatabaseSync): void {
  database.exec(`
    ALTER TABLE events RENAME TO events_1;
    ALTER TABLE results RENAME TO results_1;
    DROP INDEX results_by_job;
    ${TABLES_SINCE_2}`);
  moveEvents(database);
  moveOutputs(database);
  database.exec('DROP TABLE events_1; DROP TABLE results_1');
}

function moveEvents(database: DatabaseSync): void {
  const insert = database.prepare('INSERT INTO events (seq, body) VALUES (?, ?)');
  let seq = 0;
  for (const { body } of database.prepare('SELECT body FROM events_1 ORDER BY seq').iterate()) {
    seq += 1;
    insert.run(seq, eventToText(decoded<SchedulerEvent>(body)));
  }
}

function moveOutputs(database: DatabaseSync): void {
  const insert = database.prepare(
    'INSERT INTO outputs (job, agent, leases, body) VALUES (?, ?, ?, ?)',
  );
  const rows = database.prepare(
    'SELECT job, agent, lease, output FROM results_1 ORDER BY job, agent, rowid',
  );
  let job = '';
  let agent = '';
  let leases: LeaseId[] = [];
  let outputs: TaskOutput[] = [];
  const flush = (): void => {
    if (leases.length > 0) insert.run(job, agent, JSON.stringify(leases), packOutputs(outputs));
    leases = [];
    outputs = [];
  };
  for (const row of rows.iterate()) {
    const isOther = row['job'] !== job || row['agent'] !== agent;
    if (isOther || leases.length === OUTPUTS_TOGETHER) flush();
    job = String(row['job']);
    agent = String(row['agent']);
    // Written from a lease id.
    leases.push(row['lease'] as LeaseId);
    outputs.push(decoded<TaskOutput>(row['output']));
  }
  flush();
}

/** What version 1 encoded into a column. */
function decoded<Value>(value: unknown): Value {
  return decode(value instanceof Uint8Array ? value : new Uint8Array()) as Value;
}
