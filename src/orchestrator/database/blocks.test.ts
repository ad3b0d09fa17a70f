import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BLOCK_STORE_FACTS, damageFact, patterned } from '../../data/block-store.contract.ts';
import type { BlockStore } from '../../data/index.ts';
import { openFileBlocks, type FileBlocks } from '../../data/node.ts';
import { leafIdOf } from '../../integrity/index.ts';
import { databaseBlocks } from './database-blocks.ts';
import { sharedBlocks } from './shared-blocks.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  type TestDatabase,
} from './test-database.contract.ts';

describe.skipIf(TEST_POSTGRES === null)('blocks that members share', () => {
  let test: TestDatabase;
  let folder: string;
  let copies: FileBlocks;
  beforeAll(async () => {
    test = await makeTestDatabase();
  });
  afterAll(() => test.drop());
  beforeEach(async () => {
    certain(await test.database.read('DELETE FROM blocks'));
    folder = await mkdtemp(join(tmpdir(), 'shared-blocks-'));
    copies = certain(await openFileBlocks(folder));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const database = (): BlockStore => databaseBlocks(test.database);
  const shared = (): FileBlocks => sharedBlocks({ shared: database(), copies });
  const damage = async (id: string): Promise<void> => {
    const broken = `UPDATE blocks SET bytes = set_byte(bytes, 100, 255 - get_byte(bytes, 100))
      WHERE id = $1`;
    certain(await test.database.read(broken, [id]));
  };
  const damageCopyToo = async (id: string): Promise<void> => {
    await damage(id);
    await writeFile(join(folder, id.slice(-3, -1), id), 'broken');
  };

  it.each(BLOCK_STORE_FACTS)('in the database: $fact', ({ keeps }) => keeps(database()));
  it.each(BLOCK_STORE_FACTS)('with copies here: $fact', ({ keeps }) => keeps(shared()));
  it.each([damageFact(damage)])('in the database: $fact', ({ keeps }) => keeps(database()));
  it.each([damageFact(damageCopyToo)])('with copies here: $fact', ({ keeps }) => keeps(shared()));

  it('gives a block that another member took, and from here the second time', async () => {
    const bytes = patterned(5_000);
    const id = await leafIdOf(bytes);
    certain(await databaseBlocks(test.another()).put(id, bytes));
    const reads = await Promise.all([shared().get(id), shared().get(id)]);
    expect(reads.map((read) => Buffer.compare(certain(read), bytes))).toEqual([0, 0]);
    expect(Buffer.compare(certain(await copies.get(id)), bytes)).toBe(0);
  });
});
