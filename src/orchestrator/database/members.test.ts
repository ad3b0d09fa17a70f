import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { membersOf, type Member } from './members.ts';
import { DATABASE_VERSION, openSchema } from './schema.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

describe.skipIf(TEST_POSTGRES === null)('members of one database', () => {
  let test: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    test = await makeTestDatabase();
    database = test.database;
  });
  afterEach(() => test.drop());

  const join = async (name: string): Promise<Member> =>
    certain(await membersOf(database).join({ name, url: `http://${name}:8080`, seed: 7 }));

  /** As if it had been silent for a minute. */
  const silence = async ({ epoch }: Member): Promise<void> => {
    const past = `UPDATE pulses SET at = at - interval '1 minute' WHERE epoch = $1`;
    certain(await database.read(past, [epoch]));
  };

  const keep = (on: Database, { epoch }: Member, name: string) =>
    on.transaction(epoch, ({ query }) =>
      query(`INSERT INTO kept (name, value) VALUES ($1, '')`, [name]),
    );

  const keptNames = async (): Promise<readonly string[]> => {
    const rows = certain(await database.read<{ name: string }>('SELECT name FROM kept'));
    return rows.map(({ name }) => name).sort();
  };

  it('gives each start an epoch of its own, whatever the name', async () => {
    const epochs = await Promise.all(Array.from({ length: 8 }, () => join('same')));
    expect(new Set(epochs.map(({ epoch }) => epoch)).size).toBe(8);
  });

  it('makes its tables once, however many start at the same time', async () => {
    const opened = await Promise.all(Array.from({ length: 6 }, () => openSchema(test.another())));
    expect(opened.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('brings the tables of the first version to this one, with what they hold', async () => {
    const member = await join('one');
    certain(await database.read('ALTER TABLE jobs DROP COLUMN deadline_at'));
    certain(await database.read('ALTER TABLE members DROP COLUMN told'));
    certain(await database.read('UPDATE format SET version = 1'));
    const opened = await Promise.all(Array.from({ length: 3 }, () => openSchema(test.another())));
    expect(opened.filter(({ ok }) => !ok)).toEqual([]);
    const format = await database.read<{ version: number }>('SELECT version FROM format');
    expect(certain(format)).toEqual([{ version: DATABASE_VERSION }]);
    expect(certain(await database.read('SELECT deadline_at FROM jobs'))).toEqual([]);
    expect(certain(await membersOf(database).alive())).toEqual([member]);
  });

  it('refuses the tables of a newer version, and names the remedy', async () => {
    certain(await database.read('UPDATE format SET version = 99'));
    const opened = await openSchema(database);
    expect(opened).toMatchObject({ ok: false, failure: { code: 'storage_failed' } });
    expect(opened.ok ? '' : opened.failure.message).toContain('Use a newer manyhands');
  });

  it('holds a member that renews for alive, and nobody may adopt it', async () => {
    const [one, other] = [await join('one'), await join('other')];
    await silence(other);
    certain(await membersOf(database).renew(other.epoch));
    expect(certain(await membersOf(database).silent(one.epoch))).toEqual([]);
    expect(certain(await membersOf(database).adopt(other.epoch, one.epoch))).toBe(false);
    expect(certain(await membersOf(database).alive())).toEqual([one, other]);
  });

  it('holds one that said goodbye for silent at once', async () => {
    const [one, other] = [await join('one'), await join('other')];
    certain(await membersOf(database).leave(other.epoch));
    expect(certain(await membersOf(database).silent(one.epoch))).toMatchObject([
      { epoch: other.epoch, gone: true },
    ]);
    expect(certain(await membersOf(database).alive())).toEqual([one]);
  });

  it('lets nothing be committed by a member that was stalled and adopted meanwhile', async () => {
    const [one, other] = [await join('one'), await join('other')];
    certain(await keep(database, other, 'before'));
    await silence(other);
    expect(certain(await membersOf(database).adopt(other.epoch, one.epoch))).toBe(true);
    expect(await keep(database, other, 'after')).toMatchObject({
      failure: { code: 'member_fenced' },
    });
    expect(await membersOf(database).renew(other.epoch)).toMatchObject({
      failure: { code: 'member_fenced' },
    });
    expect(await keptNames()).toEqual(['before']);
  });

  it('makes adopting wait for a commit under way, which then counts', async () => {
    const [one, other] = [await join('one'), await join('other')];
    await silence(other);
    const adopter = test.another();
    let adopting: Promise<unknown> = Promise.resolve();
    const committed = await database.transaction(other.epoch, async ({ query }) => {
      adopting = membersOf(adopter).adopt(other.epoch, one.epoch);
      await untilSo('the adopter waits', async () => {
        const waiting = await query('SELECT 1 FROM pg_locks WHERE NOT granted');
        return waiting.length > 0;
      });
      await query(`INSERT INTO kept (name, value) VALUES ('under way', '')`);
    });
    expect(committed.ok).toBe(true);
    expect(await adopting).toEqual({ ok: true, value: true });
    expect(await keptNames()).toEqual(['under way']);
    expect(await keep(database, other, 'late')).toMatchObject({ ok: false });
  });

  it('lets one of two adopters win', async () => {
    const dead = await join('dead');
    const heirs = await Promise.all(Array.from({ length: 6 }, (_, index) => join(`heir-${index}`)));
    await silence(dead);
    const won = await Promise.all(
      heirs.map(({ epoch }) => membersOf(test.another()).adopt(dead.epoch, epoch)),
    );
    expect(won.map(certain).filter(Boolean)).toHaveLength(1);
  });

  it('lets one win where two members adopt each other', async () => {
    const [one, other] = [await join('one'), await join('other')];
    await silence(one);
    await silence(other);
    const ends = await Promise.all([
      membersOf(test.another()).adopt(other.epoch, one.epoch),
      membersOf(test.another()).adopt(one.epoch, other.epoch),
    ]);
    expect(ends.filter((end) => end.ok && end.value)).toHaveLength(1);
    const kept = [await keep(database, one, 'one'), await keep(database, other, 'other')];
    expect(kept.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('hands on what the dead had adopted and not brought to its end', async () => {
    const [first, second, third] = [await join('first'), await join('second'), await join('third')];
    const finished = await join('finished');
    for (const member of [first, finished]) {
      await silence(member);
      certain(await membersOf(database).adopt(member.epoch, second.epoch));
    }
    certain(await membersOf(database).close(finished.epoch, second.epoch));
    await silence(second);
    certain(await membersOf(database).adopt(second.epoch, third.epoch));
    expect(certain(await membersOf(database).wards(third.epoch))).toEqual([
      { stream: first.epoch, seed: 7, told: 0 },
      { stream: second.epoch, seed: 7, told: 0 },
    ]);
    expect(certain(await membersOf(database).wards(second.epoch))).toEqual([]);
  });

  it('frees itself of a member that froze within a transaction', async () => {
    const [one, other] = [await join('one'), await join('other')];
    await silence(other);
    // As every connection of a member is, and then silent for ever.
    const frozen = await test.connect();
    await frozen.query('SET idle_in_transaction_session_timeout = 500');
    await frozen.query('BEGIN');
    await frozen.query('SELECT fence($1)', [other.epoch]);
    await frozen.query(`INSERT INTO kept (name, value) VALUES ('frozen', '')`);
    expect(certain(await membersOf(database).adopt(other.epoch, one.epoch))).toBe(true);
    await expect(frozen.query('COMMIT')).rejects.toThrow(/terminat|not queryable/);
    expect(await keptNames()).toEqual([]);
  });

  it('never shows the password', async () => {
    const { address } = test;
    expect(address.url).toMatch(/:[^:@/]+@/);
    expect(address.shown).toMatch(/^postgres:\/\/postgres@127\.0\.0\.1:\d+\/test_/);
  });
});
