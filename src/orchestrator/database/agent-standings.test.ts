import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentId } from '../../domain/ids.ts';
import { agentStandings, type SharedQuarantine } from './agent-standings.ts';
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

  const join = async (): Promise<number> =>
    certain(await membersOf(test.database).join({ name: '', url: '', seed: 1 })).epoch;

  const CHANGES = [
    { agent: AGENT, accepted: 2, rejected: 1 },
    { agent: OTHER, accepted: 5, rejected: 0 },
  ];

  const acceptedOf = async (agent: AgentId): Promise<number> =>
    certain(await agentStandings(test.database).of(agent)).accepted;

  it('adds up what each of them saw of a key', async () => {
    await Promise.all(
      [CHANGES, CHANGES.toReversed(), CHANGES].map(async (changes) => {
        const epoch = await join();
        const telling = { through: 9, changes, quarantines: [] };
        const as = { member: epoch, stream: epoch };
        certain(await agentStandings(test.another()).tell(telling, as));
      }),
    );
    const { of } = agentStandings(test.database);
    expect(certain(await of(AGENT))).toEqual({ accepted: 6, rejected: 3, quarantine: null });
    expect(certain(await of('c'.repeat(43) as AgentId))).toEqual({
      accepted: 0,
      rejected: 0,
      quarantine: null,
    });
  });

  it('counts what a stream tells once, however often it is told', async () => {
    const as = { member, stream: member };
    const { tell } = agentStandings(test.database);
    const telling = { through: 9, changes: CHANGES, quarantines: [] };
    for (let time = 0; time < 3; time++) certain(await tell(telling, as));
    expect(await acceptedOf(AGENT)).toBe(2);
    certain(await tell({ ...telling, through: 12 }, as));
    expect(await acceptedOf(AGENT)).toBe(4);
  });

  it('counts of the stream of another what its adopter tells, and nobody else', async () => {
    const [dead, adopter] = [await join(), await join()];
    const { tell } = agentStandings(test.database);
    const telling = { through: 9, changes: CHANGES, quarantines: [] };
    certain(await membersOf(test.database).leave(dead));
    expect(certain(await membersOf(test.database).adopt(dead, adopter))).toBe(true);
    certain(await tell(telling, { member, stream: dead }));
    expect(await acceptedOf(AGENT)).toBe(0);
    certain(await tell(telling, { member: adopter, stream: dead }));
    expect(await acceptedOf(AGENT)).toBe(2);
    const late = await tell({ ...telling, through: 10 }, { member: dead, stream: dead });
    expect(late).toMatchObject({ ok: false, failure: { code: 'member_fenced' } });
    expect(await acceptedOf(AGENT)).toBe(2);
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
    const { tell, of } = agentStandings(test.database);
    const quarantine = async (one: SharedQuarantine): Promise<void> => {
      const telling = { through: 1, changes: [], quarantines: [one] };
      certain(await tell(telling, { member, stream: member }));
    };
    const long = { agent: AGENT, untilMs: 2_000_000_000_123, reason: 'lied' };
    await quarantine(long);
    await quarantine({ ...long, untilMs: 1_900_000_000_000, reason: 'shorter' });
    await quarantine({ ...long, agent: OTHER });
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

  it('ends a quarantine for all, whom it tells', async () => {
    const heard: Notice[] = [];
    let listening = false;
    const ears = listen(test.address, {
      notice: (notice) => void heard.push(notice),
      begun: () => (listening = true),
      lost: () => {},
    });
    await untilSo('it listens', async () => listening);
    const { tell, of, release } = agentStandings(test.database);
    const long = { untilMs: 2_000_000_000_123, reason: 'lied' };
    const quarantines = [AGENT, OTHER].map((agent) => ({ agent, ...long }));
    const telling = { through: 1, changes: CHANGES, quarantines };
    certain(await tell(telling, { member, stream: member }));
    certain(await release({ agent: AGENT, reason: 'our fault' }, member));
    await untilSo('all was told', async () => heard.length >= 3);
    await ears.stop();
    expect(heard.at(-1)).toEqual({ kind: 'release', agent: AGENT, reason: 'our fault' });
    expect(certain(await of(AGENT))).toEqual({ accepted: 2, rejected: 1, quarantine: null });
    expect(certain(await of(OTHER)).quarantine).toEqual(long);
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
