import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announce, listen, type Notice } from './notices.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

describe.skipIf(TEST_POSTGRES === null)('notices between orchestrators', () => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await makeTestDatabase();
  });
  afterEach(() => test.drop());

  const tell = async (rollBack = false): Promise<void> => {
    const told = test.database.transaction(null, async (queries) => {
      await announce(queries, { kind: 'work' });
      if (rollBack) throw new Error('rolled back');
    });
    if (rollBack) await expect(told).rejects.toThrow('rolled back');
    else certain(await told);
  };

  it('come once what they tell of is committed, and again after a lost connection', async () => {
    const heard: Notice[] = [];
    const turns: string[] = [];
    const ears = listen(test.address, {
      notice: (notice) => void heard.push(notice),
      begun: () => void turns.push('begun'),
      lost: () => void turns.push('lost'),
    });
    try {
      await untilSo('it listens', async () => turns.length === 1);
      await tell(true);
      await tell();
      await untilSo('it was told', async () => heard.length > 0);
      expect(heard).toEqual([{ kind: 'work' }]);
      certain(
        await test.database.read(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
        ),
      );
      await untilSo('it listens again', async () => turns.length === 3);
      expect(turns).toEqual(['begun', 'lost', 'begun']);
      await tell();
      await untilSo('it was told', async () => heard.length > 1);
    } finally {
      await ears.stop();
    }
  });
});
