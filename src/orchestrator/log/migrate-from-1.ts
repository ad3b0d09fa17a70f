import type { DatabaseSync } from 'node:sqlite';
import { decode, encode } from 'cborg';
import type { JobView } from '../../domain/job.ts';
import type { LeaseNumber, SchedulerEvent } from '../../scheduler/index.ts';
import type { TaskOutput } from '../../domain/work.ts';
import { eventToText } from './event-text.ts';
import {
  eventsFrom1,
  leaseOf1,
  planFrom1,
  specFrom1,
  type EventOf1,
  type PlanOf1,
  type SpecOf1,
} from './words-of-1.ts';
import { packOutputs } from './packed-outputs.ts';
import { standingsFrom1, type AgentEventOf1 } from './standings-of-1.ts';
import { TABLES_SINCE_2 } from './tables.ts';

/** Outputs of one job that are put together: version 1 had them one by one. */
const OUTPUTS_TOGETHER = 64;

/**
 * Takes a store of version 1 to version 2, within the transaction that is open.
 *
 * Version 1 had events as CBOR, each output in a row of its own, and no snapshots; what its words
 * mean now is in words-of-1.ts.
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
  moveJobs(database);
  database.exec('DROP TABLE events_1; DROP TABLE results_1');
}

function moveEvents(database: DatabaseSync): void {
  const insert = database.prepare('INSERT INTO events (seq, body) VALUES (?, ?)');
  const ended = database.prepare('SELECT ended FROM jobs WHERE ended IS NOT NULL').all();
  const standings = standingsFrom1();
  const events = eventsFrom1(ended.map((row) => decoded<JobView>(row['ended'])));
  let seq = 0;
  const move = (event: SchedulerEvent): void => {
    seq += 1;
    insert.run(seq, eventToText(event));
  };
  for (const { body } of database.prepare('SELECT body FROM events_1 ORDER BY seq').iterate()) {
    const event = decoded<EventOf1 & AgentEventOf1>(body);
    standings.note(event);
    events.of(event).forEach(move);
  }
  events.last().forEach(move);
  standings.events().forEach(move);
}

function moveJobs(database: DatabaseSync): void {
  const update = database.prepare('UPDATE jobs SET spec = ?, plan = ? WHERE job = ?');
  for (const { job, spec, plan } of database.prepare('SELECT job, spec, plan FROM jobs').all()) {
    const moved = [specFrom1(decoded<SpecOf1>(spec)), planFrom1(decoded<PlanOf1>(plan))];
    update.run(...moved.map((value) => encode(value)), String(job));
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
  let leases: LeaseNumber[] = [];
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
    leases.push(leaseOf1(String(row['lease'])));
    outputs.push(decoded<TaskOutput>(row['output']));
  }
  flush();
}

/** What version 1 encoded into a column. */
function decoded<Value>(value: unknown): Value {
  return decode(value instanceof Uint8Array ? value : new Uint8Array()) as Value;
}
