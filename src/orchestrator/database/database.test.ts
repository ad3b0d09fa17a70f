import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

describe.skipIf(TEST_POSTGRES === null)('a transaction', { timeout: 60_000 }, () => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await makeTestDatabase();
  });
  afterEach(() => test.drop());

  it.each([
    ['as it goes down', 'SELECT pg_terminate_backend($1::int)'],
    [
      'as it waited too long',
      "SELECT set_config('idle_in_transaction_session_timeout', '1', true), $1::int",
    ],
  ])('whose connection the database ends %s fails, and harms no other', async (_, text) => {
    const { database } = test;
    const ended = await database.transaction(null, async (queries) => {
      const [own] = await queries.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const pid = own?.pid ?? 0;
      // Who asks to be ended gets no answer.
      await queries.query(text, [pid]).catch(() => undefined);
      await untilSo('its connection is gone', async () => {
        const open = 'SELECT 1 FROM pg_stat_activity WHERE pid = $1';
        return certain(await database.read(open, [pid])).length === 0;
      });
      // What the database said to the connection is read by now.
      await new Promise((resolve) => setImmediate(resolve));
      await queries.query('SELECT 1');
    });
    expect(ended).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
    expect(certain(await database.read('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });
});
