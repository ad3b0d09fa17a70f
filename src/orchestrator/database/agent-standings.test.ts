import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentId } from '../../domain/ids.ts';
import { agentStandings } from './agent-standings.ts';
import { keptValue } from './kept-values.ts';
import { membersOf } from './members.ts';
import { listen, type Notice } from './notices.ts';
import {
  certain,
  makeTestDatabase,
  TEST_POSTGRES,
  untilSo,
  type TestDatabase,
} from './test-database.contract.ts';

const AGENT = 'a'.repeat(43) as AgentId;
const OTHER = 'b'.repeat(43) as AgentId;

describe.skipIf(TEST_POSTGRES === null)('what members know together', () => {
  let test: TestDatabase;
  let member: number;
  beforeEach(async () => {
    test = await makeTestDatabase();
    member = certain(await membersOf(test.database).join({ name: '', url: '', seed: 1 })).epoch;
  });
  afterEach(() => test.drop());

  it('adds up what each of them saw of a key', async () => {
    const changes = [
      { agent: AGENT, accepted: 2, rejected: 1 },
      { agent: OTHER, accepted: 5, rejected: 0 },
    ];
    await Promise.all(
      [changes, changes.toReversed(), changes].map(async (some) =>
        certain(await agentStandings(test.another()).add(some, member)),
      ),
    );
    const { of } = agentStandings(test.database);
    expect(certain(await of(AGENT))).toEqual({ accepted: 6, rejected: 3, quarantine: null });
    expect(certain(await of('c'.repeat(43) as AgentId))).toEqual({
      accepted: 0,
      rejected: 0,
      quarantine: null,
    });
  });

  it('tells all of a quarantine once, and keeps the longer', async () => {
    const heard: Notice[] = [];
    let listening = false;
    const ears = listen(test.address, {
      notice: (notice) => void heard.push(notice),
      begun: () => (listening = true),
      lost: () => {},
    });
    await untilSo('it listens', async () => listening);
    const { quarantine, of } = agentStandings(test.database);
    const long = { agent: AGENT, untilMs: 2_000_000_000_123, reason: 'lied' };
    certain(await quarantine(long, member));
    certain(await quarantine({ ...long, untilMs: 1_900_000_000_000, reason: 'shorter' }, member));
    certain(await quarantine({ ...long, agent: OTHER }, member));
    await untilSo('both were told', async () => heard.length >= 2);
    await ears.stop();
    expect(heard).toEqual(
      [long, { ...long, agent: OTHER }].map((of_) => ({ kind: 'quarantine', ...of_ })),
    );
    expect(certain(await of(AGENT)).quarantine).toEqual({
      untilMs: long.untilMs,
      reason: 'lied',
    });
  });

  it('agrees on one value, however many make one at once', async () => {
    const values = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        certain(await keptValue(test.another(), 'key', () => new Uint8Array([index]))),
      ),
    );
    expect(new Set(values.map(([first]) => first)).size).toBe(1);
  });
});
