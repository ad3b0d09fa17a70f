import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decode, encode } from 'cborg';
import { makeFolder } from '../../data/node.ts';
import type { AgentId, JobId } from '../../domain/ids.ts';
import type { JobSpec, JobView } from '../../domain/job.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { NamedTensor, StageWork, TaskOutput } from '../../domain/work.ts';
import type { LeaseNumber, SchedulerEvent } from '../../scheduler/index.ts';
import type { JobPlan } from '../../workloads/index.ts';
import { FORMAT_VERSION, openSchema } from './schema.ts';
import { damaged, storageFailure } from './storage-failure.ts';

/** One thing to be made durable. */
export type Write =
  | { readonly kind: 'event'; readonly event: SchedulerEvent }
  /** The first output reported under a lease stays; none is kept of a job whose end is. */
  | ({ readonly kind: 'result' } & StoredResult)
  | ({ readonly kind: 'job' } & StoredJob)
  | ({ readonly kind: 'work'; readonly work: StageWork } & StageOfJob)
  /** What a stage was assembled to. */
  | ({ readonly kind: 'tensors'; readonly tensors: readonly NamedTensor[] } & StageOfJob)
  | { readonly kind: 'output'; readonly job: JobId; readonly output: readonly NamedTensor[] }
  /** A job is over: how it stood is kept, outputs of its tasks are not. */
  | { readonly kind: 'ended'; readonly view: JobView }
  | { readonly kind: 'keep'; readonly name: string; readonly value: Uint8Array };

export type StageOfJob = { readonly job: JobId; readonly stage: number };

export type StoredResult = {
  readonly lease: LeaseNumber;
  readonly job: JobId;
  readonly agent: AgentId;
  readonly output: TaskOutput;
};

export type StoredJob = {
  readonly job: JobId;
  readonly idempotencyKey: string;
  readonly specDigest: Uint8Array;
  readonly spec: JobSpec;
  readonly plan: JobPlan;
};

/** The durable store: one SQLite file, one writer. Reads throw only what is a broken disk. */
export type Store = {
  /**
   * Makes all of these durable, or none of them.
   *
   * Errors: "storage_full" | "storage_failed"; the store is as before.
   */
  commit(writes: readonly Write[]): Outcome<void>;
  /** All events in order. Errors: "storage_failed" for one of a newer format. */
  events(): Generator<Outcome<SchedulerEvent>>;
  output(lease: LeaseNumber): TaskOutput | null;
  job(job: JobId): StoredJob | null;
  jobByKey(idempotencyKey: string): StoredJob | null;
  work(of: StageOfJob): StageWork | null;
  /** All tensors that a job's stages were assembled to so far. */
  tensors(job: JobId): readonly NamedTensor[];
  jobOutput(job: JobId): readonly NamedTensor[] | null;
  /** How a job stood when it ended; null before. */
  endedJob(job: JobId): JobView | null;
  /** Jobs of which no end is kept. */
  jobsWithoutEnd(): readonly JobId[];
  kept(name: string): Uint8Array | null;
  close(): void;
};

/**
 * Opens the store, and makes it where there is none.
 *
 * Errors: "storage_failed" | "storage_full", naming the remedy.
 */
export function openStore(path: string): Outcome<Store> {
  let database: DatabaseSync | null = null;
  try {
    makeFolder(dirname(path));
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path);
    const opened = openSchema(database, path);
    if (opened.ok) return succeed(storeOver(database, path));
    database.close();
    return opened;
  } catch (cause) {
    if (database?.isOpen === true) database.close();
    return fail(storageFailure(cause, path));
  }
}

function storeOver(database: DatabaseSync, path: string): Store {
  const write = writer(database);
  const read = readers(database);
  return {
    commit(writes) {
      try {
        database.exec('BEGIN IMMEDIATE');
        for (const one of writes) write(one);
        database.exec('COMMIT');
        return succeed(undefined);
      } catch (cause) {
        // A full disk has rolled back by itself already.
        if (database.isTransaction) database.exec('ROLLBACK');
        return fail(storageFailure(cause, path));
      }
    },
    *events() {
      for (const row of read.events.iterate()) {
        if (Number(row['version']) > FORMAT_VERSION) {
          yield fail(damaged(path, `event ${row['seq']} has version ${row['version']}`));
          return;
        }
        yield succeed(decodeColumn<SchedulerEvent>(row['body']));
      }
    },
    output: (lease) => column<TaskOutput>(read.output.get(lease), 'output'),
    job: (job) => jobOf(read.job.get(job)),
    jobByKey: (key) => jobOf(read.jobByKey.get(key)),
    work: ({ job, stage }) => column<StageWork>(read.work.get(job, stage), 'work'),
    tensors: (job) => {
      return read.tensors.all(job).flatMap((row) => column<NamedTensor[]>(row, 'tensors') ?? []);
    },
    jobOutput: (job) => column<readonly NamedTensor[]>(read.jobOutput.get(job), 'output'),
    endedJob: (job) => column<JobView>(read.endedJob.get(job), 'ended'),
    // Written from job ids.
    jobsWithoutEnd: () => read.jobsWithoutEnd.all().map((row) => row['job'] as JobId),
    kept: (name) => bytesOf(read.kept.get(name)?.['value']),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function writer(database: DatabaseSync): (write: Write) => void {
  const event = database.prepare('INSERT INTO events (version, body) VALUES (?, ?)');
  const result = database.prepare(
    `INSERT INTO results (lease, job, agent, output) SELECT ?1, ?2, ?3, ?4
     WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE job = ?2 AND ended IS NOT NULL)
     ON CONFLICT DO NOTHING`,
  );
  const job = database.prepare(
    'INSERT INTO jobs (job, idempotency_key, spec_digest, spec, plan) VALUES (?, ?, ?, ?, ?)',
  );
  const work = database.prepare(
    'INSERT OR REPLACE INTO stages (job, stage, work) VALUES (?, ?, ?)',
  );
  const tensors = database.prepare('UPDATE stages SET tensors = ? WHERE job = ? AND stage = ?');
  const output = database.prepare('UPDATE jobs SET output = ? WHERE job = ?');
  const ended = database.prepare('UPDATE jobs SET ended = ? WHERE job = ?');
  const dropResults = database.prepare('DELETE FROM results WHERE job = ?');
  const keep = database.prepare('INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)');
  return (write) => {
    switch (write.kind) {
      case 'event':
        return event.run(FORMAT_VERSION, encode(write.event));
      case 'result':
        return result.run(write.lease, write.job, write.agent, encode(write.output));
      case 'job': {
        const { specDigest, idempotencyKey } = write;
        return job.run(
          write.job,
          idempotencyKey,
          specDigest,
          encode(write.spec),
          encode(write.plan),
        );
      }
      case 'work':
        return work.run(write.job, write.stage, encode(write.work));
      case 'tensors':
        return tensors.run(encode(write.tensors), write.job, write.stage);
      case 'output':
        return output.run(encode(write.output), write.job);
      case 'ended':
        dropResults.run(write.view.job);
        return ended.run(encode(write.view), write.view.job);
      case 'keep':
        return keep.run(write.name, write.value);
    }
  };
}

function readers(database: DatabaseSync) {
  const jobColumns = 'SELECT job, idempotency_key, spec_digest, spec, plan FROM jobs';
  return {
    events: database.prepare('SELECT seq, version, body FROM events ORDER BY seq'),
    output: database.prepare('SELECT output FROM results WHERE lease = ?'),
    job: database.prepare(`${jobColumns} WHERE job = ?`),
    jobByKey: database.prepare(`${jobColumns} WHERE idempotency_key = ?`),
    work: database.prepare('SELECT work FROM stages WHERE job = ? AND stage = ?'),
    tensors: database.prepare('SELECT tensors FROM stages WHERE job = ? ORDER BY stage'),
    jobOutput: database.prepare('SELECT output FROM jobs WHERE job = ?'),
    endedJob: database.prepare('SELECT ended FROM jobs WHERE job = ?'),
    jobsWithoutEnd: database.prepare('SELECT job FROM jobs WHERE ended IS NULL'),
    kept: database.prepare('SELECT value FROM kept WHERE name = ?'),
  };
}

type Row = Record<string, unknown>;

function jobOf(row: Row | undefined): StoredJob | null {
  if (row === undefined) return null;
  return {
    // Written from a job id.
    job: row['job'] as JobId,
    idempotencyKey: String(row['idempotency_key']),
    specDigest: bytesOf(row['spec_digest']) ?? new Uint8Array(),
    spec: decodeColumn<JobSpec>(row['spec']),
    plan: decodeColumn<JobPlan>(row['plan']),
  };
}

function column<Value>(row: Row | undefined, name: string): Value | null {
  const value = row?.[name];
  return value === undefined || value === null ? null : decodeColumn<Value>(value);
}

/** What this program encoded into this column; SQLite's checks found the file whole. */
function decodeColumn<Value>(value: unknown): Value {
  return decode(bytesOf(value) ?? new Uint8Array()) as Value;
}

function bytesOf(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}
