import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { describeStore } from '../log/store.contract.ts';
import { openDatabaseStore } from './database-store.ts';
import { membersOf } from './members.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  type TestDatabase,
} from './test-database.contract.ts';

describe.skipIf(TEST_POSTGRES === null)('in PostgreSQL', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await makeTestDatabase();
  });
  afterAll(() => test.drop());
  // Streams share their database's jobs.
  afterEach(async () => {
    certain(await test.database.read('TRUNCATE jobs, stages, claims, progress, reports, kept'));
  });

  describeStore('in the shared database', () => {
    let member: Promise<number> | null = null;
    const join = async (): Promise<number> => {
      const joined = await membersOf(test.database).join({ name: '', url: '', seed: 1 });
      return certain(joined).epoch;
    };
    return {
      async open() {
        const stream = await (member ??= join());
        return certain(await openDatabaseStore(test.another(), { member: stream, stream }));
      },
    };
  });
});
