import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../domain/failure.ts';
import { MEMBER_DEAD_MS } from '../../domain/limits.ts';
import { lineLogger } from '../logger.ts';
import { membersOf, type Member, type Ward } from './members.ts';
import { keepMembership, type Membership } from './membership.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

type Kept = {
  readonly membership: Membership;
  readonly member: Member;
  readonly wards: Ward[];
  readonly fenced: Failure[];
};

describe.skipIf(TEST_POSTGRES === null)('the life of a member', { timeout: 60_000 }, () => {
  let test: TestDatabase;
  let kept: Kept[];
  let children: ChildProcess[];
  beforeEach(async () => {
    test = await makeTestDatabase();
    kept = [];
    children = [];
  });
  afterEach(async () => {
    for (const { membership } of kept) membership.stop();
    for (const child of children) child.kill('SIGKILL');
    await test.drop();
  });

  const logger = lineLogger({ level: 'silent', write: () => {} });

  const live = async (name: string): Promise<Kept> => {
    const members = membersOf(test.another());
    const member = certain(await members.join({ name, url: '', seed: 3 }));
    const fenced: Failure[] = [];
    const wards: Ward[] = [];
    const membership = keepMembership({
      members,
      member,
      logger,
      onFenced: (failure) => void fenced.push(failure),
      onWards: (found) => void wards.splice(0, wards.length, ...found),
    });
    const one = { membership, member, wards, fenced };
    kept.push(one);
    return one;
  };

  /** A member in a real process, which ends with code 3 when it is fenced. */
  const liveApart = async (): Promise<{ child: ChildProcess; epoch: number }> => {
    const from = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
    const code = `
      const { databaseAt } = await import(${from('./database.ts')});
      const { parseDatabaseAddress } = await import(${from('./database-address.ts')});
      const { membersOf } = await import(${from('./members.ts')});
      const { keepMembership } = await import(${from('./membership.ts')});
      const { lineLogger } = await import(${from('../logger.ts')});
      const members = membersOf(databaseAt(parseDatabaseAddress(process.env.ADDRESS).value));
      const joined = await members.join({ name: 'apart', url: '', seed: 3 });
      const logger = lineLogger({ level: 'silent', write: () => {} });
      const onFenced = () => process.exit(3);
      keepMembership({ members, member: joined.value, logger, onFenced, onWards: () => {} });
      console.log(joined.value.epoch);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ADDRESS: test.address.url },
    });
    children.push(child);
    if (child.stdout === null) throw new Error('it has an output');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return { child, epoch: Number(line) };
  };

  const adopterOf = async (epoch: number): Promise<number | null> => {
    const rows = await test.database.read<{ by: number | null }>(
      'SELECT adopted_by AS by FROM members WHERE epoch = $1',
      [epoch],
    );
    return certain(rows)[0]?.by ?? null;
  };

  const pulses = async (): Promise<readonly number[]> => {
    const rows = await test.database.read<{ at: Date }>('SELECT at FROM pulses');
    return certain(rows).map(({ at }) => at.getTime());
  };

  it('goes on while it renews, whoever else looks', async () => {
    const [one, other] = [await live('one'), await live('other')];
    const begunAt = (await pulses())[0] ?? 0;
    await untilSo('both lived on for long', async () => {
      return (await pulses()).every((at) => at > begunAt + 1.2 * MEMBER_DEAD_MS);
    });
    expect(await adopterOf(one.member.epoch)).toBe(null);
    expect(await adopterOf(other.member.epoch)).toBe(null);
    expect([...one.fenced, ...other.fenced]).toEqual([]);
  });

  it('is taken over when its process is killed, by one of those that live', async () => {
    const { child, epoch } = await liveApart();
    const others = [await live('one'), await live('other')];
    child.kill('SIGKILL');
    // The heir hears of its ward behind the transaction that made it one.
    const heirsNow = () => others.filter(({ wards }) => wards.length > 0);
    await untilSo('one took it over', async () => heirsNow().length > 0);
    const heirs = heirsNow();
    expect(heirs.map(({ wards }) => wards)).toEqual([[{ stream: epoch, seed: 3, told: 0 }]]);
    expect(heirs[0]?.member.epoch).toBe(await adopterOf(epoch));
  });

  it('ends when it wakes from a sleep in which it was taken over', async () => {
    const { child, epoch } = await liveApart();
    const heir = await live('heir');
    child.kill('SIGSTOP');
    await untilSo('it was taken over', async () => (await adopterOf(epoch)) !== null);
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    expect(await ended).toEqual([3, null]);
    expect(heir.fenced).toEqual([]);
  });

  it('is taken over at once when it says goodbye', async () => {
    const [one, other] = [await live('one'), await live('other')];
    await other.membership.leave();
    await one.membership.look();
    expect(await adopterOf(other.member.epoch)).toBe(one.member.epoch);
  });

  it('is not taken over by who only comes back with the database itself', async () => {
    const [one, other] = [await live('one'), await live('other')];
    await one.membership.look();
    // Both pulses are old when it answers again, and the other is a moment later.
    certain(await test.database.read(`UPDATE pulses SET at = at - interval '1 minute'`));
    await one.membership.look();
    expect(await adopterOf(other.member.epoch)).toBe(null);
    await other.membership.look();
    await one.membership.look();
    expect(await adopterOf(other.member.epoch)).toBe(null);
  });
});
