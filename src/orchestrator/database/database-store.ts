import { decode, encode } from 'cborg';
import { FailureError } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { JobSpec, JobView } from '../../domain/job.ts';
import { succeed, type Outcome } from '../../domain/outcome.ts';
import type { NamedTensor, StageWork } from '../../domain/work.ts';
import type { JobPlan } from '../../workloads/index.ts';
import { eventFromText, eventToText } from '../log/event-text.ts';
import { packOutputs } from '../log/packed-outputs.ts';
import type { EventBatch, LogContent, Store, StoredJob, Write } from '../log/store.ts';
import type { Actor } from './claim.ts';
import type { Statement } from './commit-connection.ts';
import type { Database } from './database.ts';
import { streamOutputs, type StreamOutputs } from './stream-outputs.ts';
import { readEvents, readStream } from './stream-reader.ts';
import { saveStreamSnapshot } from './stream-snapshot.ts';
import { streamWriter, type StreamBatch, type StreamReport } from './stream-writer.ts';

/**
 * The store of one stream in the shared database; the database stays the caller's to close.
 *
 * For a member's own stream, or one that it adopted.
 * Errors: "storage_failed" where the stream is damaged or cannot be read.
 */
export async function openDatabaseStore(
  database: Database,
  as: Actor,
  options: {
    readonly outputs?: StreamOutputs;
    /** A commit whose end is unknown is tried again. */
    readonly onRetry?: (cause: unknown) => void;
  } = {},
): Promise<Outcome<Store>> {
  const content = await readStream(database, as.stream);
  if (!content.ok) return content;
  const { eventCount, reportCount } = content.value;
  const writer = streamWriter(database.address, { ...as, ...options, eventCount, reportCount });
  const outputs = options.outputs ?? streamOutputs(database);
  // Commits happen in the order of their calls.
  let last: Promise<unknown> = Promise.resolve();

  const jobBy = async (column: 'job' | 'idempotency_key', value: string) => {
    const [row] = certain(await database.read<JobRow>(JOB_BY[column], [value]));
    return row === undefined ? null : jobOf(row);
  };
  const columnOf = async <Value>(text: string, values: readonly unknown[]) => {
    const [row] = certain(await database.read<{ value: Uint8Array | null }>(text, values));
    return row?.value == null ? null : decoded<Value>(row.value);
  };

  return succeed<Store>({
    commit(writes) {
      const batch = batchOf(writes, as);
      const committed = last.then(() => writer.append(batch));
      last = committed.catch(() => {});
      return committed;
    },
    readLog: () => readLog(database, as.stream),
    saveSnapshot: (snapshot) => saveStreamSnapshot(database, as, snapshot),
    outputs: async (job, leases) => certain(await outputs.read({ stream: as.stream, job }, leases)),
    job: (job) => jobBy('job', job),
    jobByKey: (key) => jobBy('idempotency_key', key),
    work: ({ job, stage }) =>
      columnOf<StageWork>('SELECT work AS value FROM stages WHERE job = $1 AND stage = $2', [
        job,
        stage,
      ]),
    async tensors(job) {
      const stages = await database.read<{ tensors: Uint8Array }>(
        'SELECT tensors FROM stages WHERE job = $1 AND tensors IS NOT NULL ORDER BY stage',
        [job],
      );
      return certain(stages).flatMap(({ tensors }) => decoded<NamedTensor[]>(tensors));
    },
    jobOutput: (job) =>
      columnOf<NamedTensor[]>('SELECT output AS value FROM jobs WHERE job = $1', [job]),
    endedJob: (job) => columnOf<JobView>('SELECT ended AS value FROM jobs WHERE job = $1', [job]),
    async jobsWithoutEnd() {
      const open = await database.read<{ job: JobId }>(
        `SELECT job FROM jobs WHERE owner = $1 AND state = 'open' ORDER BY number`,
        [as.member],
      );
      return certain(open).map(({ job }) => job);
    },
    async kept(name) {
      const [row] = certain(
        await database.read<{ value: Uint8Array }>('SELECT value FROM kept WHERE name = $1', [
          name,
        ]),
      );
      return row === undefined ? null : new Uint8Array(row.value);
    },
    async close() {
      await last;
      await writer.close();
    },
  });
}

async function readLog(database: Database, stream: number): Promise<Outcome<LogContent>> {
  const content = await readStream(database, stream);
  if (!content.ok) return content;
  const { snapshot, eventCount } = content.value;
  const from = snapshot?.eventCount ?? 0;
  return succeed({
    snapshot,
    eventCount: eventCount - from,
    events: () => eventsOf(database, { stream, from }),
  });
}

async function* eventsOf(
  database: Database,
  of: { readonly stream: number; readonly from: number },
): AsyncGenerator<Outcome<EventBatch>> {
  for await (const texts of readEvents(database, of)) {
    if (!texts.ok) {
      yield texts;
      return;
    }
    const byteLength = texts.value.reduce((size, text) => size + text.length, 0);
    yield succeed({ events: texts.value.map(eventFromText), byteLength });
  }
}

function batchOf(writes: readonly Write[], as: Actor): StreamBatch {
  const events: string[] = [];
  const reports: StreamReport[] = [];
  const others: Statement[] = [];
  for (const write of writes) {
    if (write.kind === 'event') events.push(eventToText(write.event));
    else if (write.kind === 'outputs') reports.push(reportOf(write));
    else others.push(...statementsOf(write, as));
  }
  return { events, reports, others };
}

function reportOf(write: Write & { readonly kind: 'outputs' }): StreamReport {
  const { job, agent, outputs } = write;
  return {
    job,
    agent,
    leases: outputs.map(({ lease }) => lease),
    body: packOutputs(outputs.map(({ output }) => output)),
  };
}

/** What comes once a job. */
function statementsOf(
  write: Exclude<Write, { readonly kind: 'event' | 'outputs' }>,
  { member }: Actor,
): readonly Statement[] {
  switch (write.kind) {
    case 'job': {
      const { job, idempotencyKey, specDigest, spec, plan } = write;
      return [
        {
          text: `INSERT INTO jobs (job, idempotency_key, spec_digest, spec, plan, owner, stage)
            VALUES ($1, $2, $3, $4, $5, $6, 0)`,
          values: [job, idempotencyKey, specDigest, encode(spec), encode(plan), member],
        },
      ];
    }
    case 'work':
      return [
        {
          text: `INSERT INTO stages (job, stage, work) VALUES ($1, $2, $3)
            ON CONFLICT (job, stage) DO UPDATE SET work = excluded.work`,
          values: [write.job, write.stage, encode(write.work)],
        },
      ];
    case 'tensors':
      return [
        {
          text: 'UPDATE stages SET tensors = $3 WHERE job = $1 AND stage = $2',
          values: [write.job, write.stage, encode(write.tensors)],
        },
      ];
    case 'output':
      return [
        {
          text: 'UPDATE jobs SET output = $2 WHERE job = $1',
          values: [write.job, encode(write.output)],
        },
      ];
    case 'ended':
      return [
        {
          text: 'UPDATE jobs SET state = $2, ended = $3 WHERE job = $1 AND owner = $4',
          values: [write.view.job, write.view.state, encode(write.view), member],
        },
        { text: 'DELETE FROM reports WHERE job = $1', values: [write.view.job] },
      ];
    case 'keep':
      return [
        {
          text: `INSERT INTO kept (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
          values: [write.name, write.value],
        },
      ];
  }
}

const JOB_COLUMNS = 'SELECT job, idempotency_key, spec_digest, spec, plan FROM jobs';
const JOB_BY = {
  job: `${JOB_COLUMNS} WHERE job = $1`,
  idempotency_key: `${JOB_COLUMNS} WHERE idempotency_key = $1`,
} as const;

type JobRow = {
  readonly job: JobId;
  readonly idempotency_key: string;
  readonly spec_digest: Uint8Array;
  readonly spec: Uint8Array;
  readonly plan: Uint8Array;
};

function jobOf(row: JobRow): StoredJob {
  return {
    job: row.job,
    idempotencyKey: row.idempotency_key,
    specDigest: new Uint8Array(row.spec_digest),
    spec: decoded<JobSpec>(row.spec),
    plan: decoded<JobPlan>(row.plan),
  };
}

/** What this program encoded into this column. */
function decoded<Value>(bytes: Uint8Array): Value {
  return decode(bytes) as Value;
}

/** Reads reject where the store is broken. */
function certain<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new FailureError(outcome.failure);
  return outcome.value;
}
