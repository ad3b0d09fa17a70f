import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { Outcome } from '../../domain/outcome.ts';
import { parseDatabaseAddress, type DatabaseAddress } from './database-address.ts';
import { databaseAt, SCHEMA, type Database } from './database.ts';
import { openSchema } from './schema.ts';

/** The server that `npm test` or `npm run postgres` started; null: there is none. */
export const TEST_POSTGRES = process.env['MANYHANDS_TEST_POSTGRES'] ?? null;
if (TEST_POSTGRES === null) {
  console.warn('skipped: no PostgreSQL. "npm test" starts one; "npm run postgres" gives one.');
}

const NOTHING = new Uint8Array();

/** What the database keeps of a job and nobody reads in a test of its rows. */
export const BARE_JOB = {
  idempotencyKey: 'key',
  specDigest: NOTHING,
  spec: NOTHING,
  plan: NOTHING,
  deadlineAtMs: null,
} as const;

export type TestDatabase = {
  readonly address: DatabaseAddress;
  readonly database: Database;
  /** Another orchestrator's view of it, with connections of its own. */
  another(): Database;
  /** A bare connection, which a test may break. */
  connect(): Promise<Client>;
  drop(): Promise<void>;
};

/** A database of one test alone, with tables and nothing in them. */
export async function makeTestDatabase(): Promise<TestDatabase> {
  if (TEST_POSTGRES === null) throw new Error('this test is skipped where there is no server');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(TEST_POSTGRES, `CREATE DATABASE ${name}`);
  const url = new URL(TEST_POSTGRES);
  url.pathname = `/${name}`;
  const address = certain(parseDatabaseAddress(url.href));
  const databases: Database[] = [];
  const another = (): Database => {
    const database = databaseAt(address);
    databases.push(database);
    return database;
  };
  const database = another();
  certain(await openSchema(database));
  return {
    address,
    database,
    another,
    async connect() {
      const client = new Client({
        connectionString: url.href,
        options: `-c search_path=${SCHEMA}`,
      });
      // A test that kills it knows.
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    async drop() {
      await Promise.all(databases.map((one) => one.close()));
      await onServer(TEST_POSTGRES, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** The value of an outcome that must be one. */
export function certain<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

/** Waits until it is so. */
export async function untilSo(what: string, probe: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 60_000;
  while (!(await probe())) {
    if (performance.now() > untilMs) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
