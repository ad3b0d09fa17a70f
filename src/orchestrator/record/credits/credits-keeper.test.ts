import { afterEach, describe, expect, it } from 'vitest';
import type { AgentId, JobId } from '../../../domain/ids.ts';
import { generateSigningKey } from '../../../integrity/index.ts';
import { decodeCredits, decodeEntry, type CreditsKind } from '../../../ledger/index.ts';
import type { LeaseNumber, SchedulerEffect } from '../../../scheduler/index.ts';
import { lineLogger } from '../../logger.ts';
import { memoryDisk, memoryStore } from '../../log/memory-store.ts';
import { nodePlatform } from '../../node-platform.ts';
import { freshFolder, valueOf } from '../../volunteer.contract.ts';
import type { NetworkRecord } from '../network-record.ts';
import { openRecord } from '../open-record.ts';
import type { CreditsKeeper } from './credits-keeper.ts';
import { openCredits, type PastEffect } from './open-credits.ts';

const logger = lineLogger({ level: 'silent', write: () => {} });
// 26 characters of a job id's alphabet.
const JOB = `job_${'0'.repeat(26)}` as JobId;

const opened: NetworkRecord[] = [];
afterEach(async () => {
  for (const record of opened.splice(0)) await record.close();
});

async function recordIn(folder: string): Promise<NetworkRecord> {
  const record = valueOf(
    await openRecord({
      ...{ folder, name: null, publishEveryMs: 60_000, threads: 0, logger },
      now: Date.now,
      platform: nodePlatform,
    }),
  );
  opened.push(record);
  return record;
}

/** A keeper of a store whose log has so many events. */
async function keeperOf(
  record: NetworkRecord,
  of: {
    readonly store: ReturnType<typeof memoryStore>;
    readonly past?: readonly PastEffect[];
    readonly eventCount?: number;
  },
): Promise<CreditsKeeper> {
  return valueOf(
    await openCredits({
      ...{ record, logger, store: of.store, past: of.past ?? [], creditsFunction: 'credits' },
      position: { eventCount: of.eventCount ?? 0, tasksAccepted: 0 },
      // Nothing is written but when it is asked for.
      waitMs: 60_000,
      now: Date.now,
      platform: nodePlatform,
    }),
  );
}

async function newAgent(): Promise<AgentId> {
  return valueOf(await generateSigningKey({ extractable: false })).agent;
}

function accepted(agent: AgentId, indexes: readonly number[]): SchedulerEffect {
  return {
    kind: 'tasks-accepted',
    tasks: indexes.map((index) => ({
      ...{ job: JOB, stage: 0, index, rows: { start: index, end: index + 1 } },
      ...{ lease: index as LeaseNumber, agents: [agent], leases: [index as LeaseNumber] },
      ...{ verification: 'sampled', checks: 3 },
    })),
  };
}

function revoked(agent: AgentId, index: number): SchedulerEffect {
  const rows = { start: index, end: index + 1 };
  const task = { job: JOB, stage: 0, index, rows, lease: index as LeaseNumber, agent };
  return { kind: 'tasks-revoked', tasks: [task] };
}

/** Every task that the record credits or takes back, in order. */
async function recorded(record: NetworkRecord) {
  const found: [CreditsKind, number][] = [];
  for (let at = 0; at < record.size();) {
    for (const bytes of valueOf(await record.entries(at, record.size()))) {
      at += 1;
      const { body } = valueOf(decodeEntry(bytes)).entry;
      for (const kind of ['credits', 'debits'] as const) {
        const tasks = decodeCredits(body, kind);
        if (tasks.ok) for (const { index } of tasks.value) found.push([kind, index]);
      }
    }
  }
  return found;
}

const UNSIGNED = () => null;

describe('a keeper of credits', () => {
  it('writes what is accepted, and takes back in an entry of its own what is revoked', async () => {
    const record = await recordIn(freshFolder());
    const keeper = await keeperOf(record, { store: memoryStore(memoryDisk()) });
    const agent = await newAgent();
    keeper.note(accepted(agent, [0, 1]), 5, UNSIGNED);
    keeper.note(revoked(agent, 0), 6, UNSIGNED);
    keeper.note(accepted(agent, [2]), 6, UNSIGNED);
    expect(keeper.waitingOf(agent)).toBe(4);
    valueOf(await keeper.flush());
    expect(keeper.waitingOf(agent)).toBe(0);
    const all = [
      ['credits', 0],
      ['credits', 1],
      ['debits', 0],
      ['credits', 2],
    ];
    expect(await recorded(record)).toEqual(all);
    const listed = keeper.list(agent, { before: Infinity, most: 9 });
    expect(listed.map(({ taskCount, units }) => [taskCount, units])).toEqual([
      [1, 1],
      [0, -1],
      [2, 2],
    ]);
  });

  it('goes on in the middle of an event where the record ended, and writes nothing twice', async () => {
    const folder = freshFolder();
    const store = memoryStore(memoryDisk());
    const agent = await newAgent();
    const effects: PastEffect[] = [
      { effect: accepted(agent, [0, 1]), event: 3 },
      { effect: revoked(agent, 1), event: 4 },
      { effect: accepted(agent, [2, 3]), event: 4 },
      { effect: accepted(agent, [4]), event: 9 },
    ];
    const expected = [
      ...[
        ['credits', 0],
        ['credits', 1],
        ['debits', 1],
      ],
      ...[
        ['credits', 2],
        ['credits', 3],
        ['credits', 4],
      ],
    ];
    // Each life of the process notes some more of the log, and ends.
    for (const known of [1, 2, 3, 4, 4]) {
      const record = await recordIn(folder);
      const past = effects.slice(0, known);
      const eventCount = known === 1 ? 0 : 9;
      const keeper = await keeperOf(record, { store, past, eventCount });
      valueOf(await keeper.flush());
      await record.close();
      opened.pop();
    }
    const record = await recordIn(folder);
    expect(await recorded(record)).toEqual(expected);
    const keeper = await keeperOf(record, { store, past: effects, eventCount: 9 });
    const listed = keeper.list(agent, { before: Infinity, most: 9 });
    expect(listed.reduce((sum, { units }) => sum + units, 0)).toBe(4);
  });

  it('credits nothing again of an older copy of the store, and what comes behind it', async () => {
    const record = await recordIn(freshFolder());
    const store = memoryStore(memoryDisk());
    const agent = await newAgent();
    const first = await keeperOf(record, { store });
    first.note(accepted(agent, [0]), 1, UNSIGNED);
    first.note(accepted(agent, [1]), 8, UNSIGNED);
    valueOf(await first.flush());
    const past = [{ effect: accepted(agent, [0]), event: 1 }];
    const second = await keeperOf(record, { store, past, eventCount: 5 });
    second.note(accepted(agent, [7]), 6, UNSIGNED);
    valueOf(await second.flush());
    expect(await recorded(record)).toEqual([
      ['credits', 0],
      ['credits', 1],
      ['credits', 7],
    ]);
  });

  it('cuts entries between keys, as many as one may name', async () => {
    const record = await recordIn(freshFolder());
    const keeper = await keeperOf(record, { store: memoryStore(memoryDisk()) });
    const agents = await Promise.all(Array.from({ length: 130 }, newAgent));
    for (const [at, agent] of agents.entries()) keeper.note(accepted(agent, [at]), 1, UNSIGNED);
    valueOf(await keeper.flush());
    expect(await recorded(record)).toEqual(agents.map((_, at) => ['credits', at]));
    const indexes = new Set(
      agents.flatMap((agent) => keeper.list(agent, { before: Infinity, most: 9 })[0]?.index ?? []),
    );
    expect(indexes.size).toBe(3);
  });

  it('keeps waiting what a record that is closed does not take, and says why', async () => {
    const record = await recordIn(freshFolder());
    const keeper = await keeperOf(record, { store: memoryStore(memoryDisk()) });
    const agent = await newAgent();
    await record.close();
    opened.pop();
    keeper.note(accepted(agent, [0]), 1, UNSIGNED);
    expect(await keeper.flush()).toMatchObject({ failure: { code: 'storage_failed' } });
    expect(keeper.waitingOf(agent)).toBe(1);
    expect(keeper.failure()).toMatchObject({ code: 'storage_failed' });
    expect(keeper.mayLease().ok).toBe(true);
    const many = accepted(
      agent,
      Array.from({ length: 1_000 }, (_, at) => at),
    );
    for (let event = 2; keeper.mayLease().ok; event++) keeper.note(many, event, UNSIGNED);
    expect(keeper.mayLease()).toMatchObject({ failure: { code: 'queue_full' } });
    await keeper.close();
  });
});
