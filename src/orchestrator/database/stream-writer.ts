// Appends to the log of one stream.
//
//   a batch -> committed | undone | unknown: the connection broke
//                                     \-> the same batch again, until the database answers
//
// A batch whose end is unknown is never called failed, for its events may be in the log: it is
// tried until it is known. Events and reports have numbers, so a second try of what came through
// is refused as a duplicate, which is the proof that it did.
import { setTimeout } from 'node:timers/promises';
import { DATABASE_RETRY_MS, DATABASE_RETRY_MS_MAX } from '../../domain/limits.ts';
import type { AgentId, JobId } from '../../domain/ids.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { commitConnection, type Statement } from './commit-connection.ts';
import { databaseFailure, isDuplicateOf, isFenced } from './database-failure.ts';
import type { DatabaseAddress } from './database-address.ts';
import type { LeaseKey } from '../log/log-message.ts';
import type { Actor } from './claim.ts';

/** What a second try of what came through runs into. */
const LOG_KEYS = ['events_pkey', 'reports_pkey'];

/** What belongs together. */
export type StreamBatch = {
  /** Each one line of JSON. */
  readonly events: readonly string[];
  readonly reports: readonly StreamReport[];
  /** Statements that bear being done twice. */
  readonly others: readonly Statement[];
};

/** What one report brought of one job. */
export type StreamReport = {
  readonly job: JobId;
  readonly agent: AgentId;
  readonly leases: readonly LeaseKey[];
  /** The outputs of these leases, packed. */
  readonly body: Uint8Array;
};

export type StreamWriter = {
  /**
   * Makes a batch durable, or nothing of it. One at a time.
   *
   * Errors: "storage_failed" | "storage_full": nothing happened; "member_fenced".
   */
  append(batch: StreamBatch): Promise<Outcome<void>>;
  /** Gives up what is tried again; what became of it is unknown then. */
  close(): Promise<void>;
};

/** A writer behind the last event and report that the stream has. */
export function streamWriter(
  address: DatabaseAddress,
  options: Actor & {
    readonly eventCount: number;
    readonly reportCount: number;
    /** A batch is tried again. */
    readonly onRetry?: (cause: unknown) => void;
  },
): StreamWriter {
  const { member, stream, onRetry } = options;
  const connection = commitConnection(address);
  const stopped = new AbortController();
  let { eventCount, reportCount } = options;

  const statementsOf = ({ events, reports, others }: StreamBatch): readonly Statement[] => {
    const statements: Statement[] = [];
    // First of all: where they are there already, so is the rest.
    if (events.length > 0) statements.push(insertEvents(events, { stream, eventCount }));
    if (reports.length > 0) statements.push(insertReports(reports, { stream, reportCount }));
    statements.push(...others);
    return statements;
  };

  /** Until it is known what became of it. */
  const commit = async (statements: readonly Statement[]): Promise<Outcome<void>> => {
    let pauseMs = DATABASE_RETRY_MS;
    let mayBeThere = false;
    for (;;) {
      const end = await connection.commit(member, statements);
      if (end.kind === 'committed') return succeed(undefined);
      if (end.kind === 'unknown') mayBeThere = true;
      else if (!mayBeThere || isFenced(end.cause)) return failed(end.cause);
      else if (isDuplicateOf(end.cause, LOG_KEYS)) return succeed(undefined);
      if (stopped.signal.aborted) return failed(end.cause);
      onRetry?.(end.cause);
      await pause(pauseMs, stopped.signal);
      pauseMs = Math.min(DATABASE_RETRY_MS_MAX, 2 * pauseMs);
    }
  };

  const failed = (cause: unknown): Outcome<void> => fail(databaseFailure(cause, address));

  return {
    async append(batch) {
      const committed = await commit(statementsOf(batch));
      if (!committed.ok) return committed;
      eventCount += batch.events.length;
      reportCount += batch.reports.length;
      return committed;
    },
    async close() {
      stopped.abort();
      await connection.close();
    },
  };
}

function insertEvents(
  events: readonly string[],
  at: { readonly stream: number; readonly eventCount: number },
): Statement {
  return {
    text: 'INSERT INTO events (stream, seq, count, body) VALUES ($1, $2, $3, $4)',
    values: [at.stream, at.eventCount, events.length, events.join('\n')],
  };
}

/**
 * All in one run of bytes: an array of them would travel as text. None is kept of a job whose end
 * is.
 */
function insertReports(
  reports: readonly StreamReport[],
  at: { readonly stream: number; readonly reportCount: number },
): Statement {
  const starts: number[] = [];
  // SQL counts from one.
  let start = 1;
  for (const { body } of reports) {
    starts.push(start);
    start += body.byteLength;
  }
  return {
    text: `INSERT INTO reports (stream, report, job, agent, leases, body)
      SELECT $1, $2::bigint + nr, job, agent, leases, substring($3::bytea FROM start FOR size)
      FROM unnest($4::text[], $5::text[], $6::text[], $7::int[], $8::int[]) WITH ORDINALITY
        AS new (job, agent, leases, start, size, nr)
      WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job = new.job AND state <> 'open')`,
    values: [
      at.stream,
      at.reportCount - 1,
      Buffer.concat(reports.map(({ body }) => body)),
      reports.map(({ job }) => job),
      reports.map(({ agent }) => agent),
      reports.map(({ leases }) => JSON.stringify(leases)),
      starts,
      reports.map(({ body }) => body.byteLength),
    ],
  };
}

/** Also ends when it is stopped. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal: stop }).catch(() => {});
}
