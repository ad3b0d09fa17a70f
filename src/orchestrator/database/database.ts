import { Client, Pool, types, type ClientConfig, type QueryResultRow } from 'pg';
import {
  DATABASE_CONNECT_MS,
  DATABASE_CONNECTIONS_MAX,
  DATABASE_IDLE_MS,
  DATABASE_LOCK_MS,
  DATABASE_STATEMENT_MS,
  DATABASE_TRIES_MAX,
} from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import type { DatabaseAddress } from './database-address.ts';
import { databaseFailure, metAnother } from './database-failure.ts';

/** All tables lie in a schema of their own: the database may hold other things. */
export const SCHEMA = 'manyhands';

/** What runs statements: the database, one of them at a time, or a transaction. */
export type Queries = {
  /** Parameterised always. Rejects with what PostgreSQL said. */
  query<Row extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
};

/** The database that several orchestrators share. */
export type Database = {
  readonly address: DatabaseAddress;
  /** Errors of both: "storage_failed" | "storage_full" | "member_fenced"; others are bugs. */
  read<Row extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<Outcome<readonly Row[]>>;
  /**
   * Runs a transaction, anew where it met another. After "storage_failed" by a lost connection it
   * may have come through: what `work` does must bear being done twice.
   *
   * `fence` is the epoch of the member that acts: where another adopted its work, nothing happens.
   */
  transaction<Value>(
    fence: number | null,
    work: (queries: Queries) => Promise<Value>,
  ): Promise<Outcome<Value>>;
  /** Ends its connections once what runs has ended. */
  close(): Promise<void>;
};

/** A database that nobody looked at yet: the first call connects. */
export function databaseAt(address: DatabaseAddress): Database {
  const pool = new Pool({ ...clientConfig(address), max: DATABASE_CONNECTIONS_MAX });
  // An idle connection that ends is made anew by the next call, which tells where that fails; one
  // that ends within a transaction (after a while in which this process was frozen) fails its next
  // statement. Without a listener either would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  const attempt = async <Value>(work: () => Promise<Value>): Promise<Outcome<Value>> => {
    for (let tries = 1; ; tries++) {
      try {
        return succeed(await work());
      } catch (cause) {
        if (tries < DATABASE_TRIES_MAX && metAnother(cause)) continue;
        return fail(databaseFailure(cause, address));
      }
    }
  };

  const once = async <Value>(
    fence: number | null,
    work: (queries: Queries) => Promise<Value>,
  ): Promise<Value> => {
    const client = await pool.connect();
    let broken = false;
    try {
      await client.query('BEGIN');
      if (fence !== null) await client.query('SELECT fence($1)', [fence]);
      const value = await work(queriesOf(client));
      await client.query('COMMIT');
      return value;
    } catch (cause) {
      broken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      throw cause;
    } finally {
      client.release(broken);
    }
  };

  return {
    address,
    read: (text, values) => attempt(() => queriesOf(pool).query(text, values)),
    transaction: (fence, work) => attempt(() => once(fence, work)),
    close: () => pool.end(),
  };
}

/** How every connection is made: it syncs its commits, and nothing of it waits for ever. */
export function clientConfig({ url }: DatabaseAddress): ClientConfig {
  return {
    connectionString: url,
    application_name: 'manyhands',
    connectionTimeoutMillis: DATABASE_CONNECT_MS,
    statement_timeout: DATABASE_STATEMENT_MS,
    lock_timeout: DATABASE_LOCK_MS,
    idle_in_transaction_session_timeout: DATABASE_IDLE_MS,
    keepAlive: true,
    options: `-c search_path=${SCHEMA} -c synchronous_commit=on`,
    types: { getTypeParser: parserOf },
  };
}

/** Statements over a pool or one of its connections. */
export function queriesOf(client: Pick<Client, 'query'>): Queries {
  return {
    async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      const { rows } = await client.query<Row>(text, [...values]);
      return rows;
    },
  };
}

function parserOf(oid: number, format?: 'text' | 'binary') {
  // Counts and epochs are far below 2^53.
  if (oid === types.builtins.INT8) return Number;
  if (oid === types.builtins.BYTEA) return bytesOf;
  return types.getTypeParser(oid, format ?? 'text');
}

/** In memory of its own, which may be kept or transferred. */
function bytesOf(text: string): Uint8Array {
  // As the server writes it: \x and two digits a byte.
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}
