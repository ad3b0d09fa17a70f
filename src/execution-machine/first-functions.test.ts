import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AgentId } from '../domain/ids.ts';
import { ENTRY_BODY_BYTES_MAX } from '../domain/limits.ts';
import { encodeCanonical, publicKeyOf, type CanonicalValue } from '../integrity/index.ts';
import { agentOf, must } from '../ledger/example-log.contract.ts';
import { evaluateLog } from './evaluate.ts';
import { firstFunction } from './first-functions.ts';
import { codeIdOf } from './function-id.ts';
import { Driver, engine } from './machine-driver.contract.ts';
import { simulate } from './simulate.ts';
import { whatIf } from './what-if.ts';

const PRICES = { matmul: 3, relu: 1 };
const CREDITS = { recorders: ['recorder'], prices: PRICES };
const ID = `b${'a'.repeat(58)}`;

describe('credits', () => {
  it('adds up what the recorder writes, by key, model and team', async () => {
    const driver = new Driver();
    const id = await driver.deploy(firstFunction('credits', CREDITS));
    const send = (caller: string, body: CanonicalValue) =>
      driver.send({ caller, function: id, body });
    const [ann, bob] = [await agentOf(1), await agentOf(2)];
    const first = [creditOf({ agent: ann, work: 'matmul', count: 2 })];
    expect(await send('recorder', packed(first))).toEqual({
      kind: 'done',
      value: { units: 6, unpriced: [] },
    });
    await send(ann, { kind: 'join', team: 'blue' });
    const second = [
      creditOf({ agent: ann, work: 'relu', count: 4 }),
      creditOf({ agent: bob, work: 'relu', count: 5, model: '' }),
      creditOf({ agent: ann, work: 'toString', count: 7 }),
    ];
    expect(await send('recorder', packed(second))).toEqual({
      kind: 'done',
      value: { units: 9, unpriced: ['toString'] },
    });
    const read = (key: string) => driver.processor.read({ function: id, key });
    expect([`total/${ann}`, `total/${bob}`, 'team/blue', 'all'].map(read)).toEqual([10, 5, 4, 15]);
    expect([`models/${ann}`, `models/${bob}`].map(read)).toEqual([{ gpt: 10 }, undefined]);
    const body = packed(first);
    for (const [caller, action] of [
      [ann, body],
      ['recorder', { ...body, v: 2 }],
      ['recorder', { ...body, agents: [ann] }],
      ['recorder', { ...body, jobs: [] }],
      ['recorder', { ...body, reports: [[1, new Uint8Array(32), []]] }],
      ['recorder', packed([creditOf({ agent: ann, work: 'matmul', count: 2 ** 53 - 1 })])],
      [ann, { kind: 'join', team: 'a/b' }],
      [ann, null],
    ] as const) {
      expect(await send(caller, action)).toMatchObject({ kind: 'thrown' });
    }
    expect(read('all')).toBe(15);
    const debits = { ...packed(second), kind: 'debits' };
    expect(await send(ann, debits)).toMatchObject({ kind: 'thrown' });
    expect(await send('recorder', debits)).toMatchObject({ kind: 'done', value: { units: -9 } });
    expect([`total/${ann}`, `total/${bob}`, 'team/blue', 'all'].map(read)).toEqual([6, 0, 0, 6]);
    expect(read(`models/${ann}`)).toEqual({ gpt: 6 });
  });

  it('takes the fullest entry that there may be, with gas and writes left', async () => {
    const driver = new Driver();
    const id = await driver.deploy(firstFunction('credits', CREDITS));
    const agents = await Promise.all(Array.from({ length: 64 }, (_, at) => agentOf(at + 1)));
    for (const agent of agents) {
      await driver.send({ caller: agent, function: id, body: { kind: 'join', team: agent } });
    }
    // A report a task is what takes most room; one report a key what takes most tasks.
    for (const perReport of [1, 64]) {
      const tasks = Array.from({ length: 4_096 }, (_, at) =>
        creditOf({
          agent: agents[Math.floor(at / perReport) % agents.length]!,
          work: 'matmul',
          count: 100_000,
          index: at,
          report: new Uint8Array(32).fill(Math.floor(at / perReport) % 251).fill(255, 8),
        }),
      );
      const body = fullest(tasks);
      const outcome = await driver.send({ caller: 'recorder', function: id, body });
      expect(outcome).toMatchObject({ kind: 'done' });
    }
  });
});

describe('standing', () => {
  it('hears an appeal once, by another judge', async () => {
    const driver = new Driver();
    const id = await driver.deploy(firstFunction('standing', { judges: ['j1', 'j2'] }));
    const kindOf = async (caller: string, body: CanonicalValue) =>
      (await driver.send({ caller, function: id, body })).kind;
    const quarantine = { kind: 'quarantine', key: 'ann', untilMs: 1_800_000_000_000, evidence: ID };
    const lift = { kind: 'decide', key: 'ann', lift: true, words: 'a broken device' };
    expect(await kindOf('ann', quarantine)).toBe('thrown');
    expect(await kindOf('j1', quarantine)).toBe('done');
    expect(await kindOf('j2', lift)).toBe('thrown');
    expect(await kindOf('ann', { kind: 'appeal', words: 'it was the device' })).toBe('done');
    expect(await kindOf('ann', { kind: 'appeal', words: 'again' })).toBe('thrown');
    expect(await kindOf('j1', lift)).toBe('thrown');
    expect(await kindOf('j2', lift)).toBe('done');
    expect(await kindOf('ann', { kind: 'appeal', words: 'for nothing' })).toBe('thrown');
    await driver.send({ caller: 'j1', function: id, body: quarantine });
    const end = { kind: 'end', key: 'ann', words: 'our own fault' };
    expect(await kindOf('j2', end)).toBe('thrown');
    expect(await kindOf('j1', end)).toBe('done');
    expect(await kindOf('j1', end)).toBe('thrown');
    await driver.send({ caller: 'j1', function: id, body: quarantine });
    expect(await kindOf('j2', { kind: 'amnesty', words: 'a false alarm' })).toBe('done');
    expect(await kindOf('ann', { kind: 'appeal', words: 'it is over' })).toBe('thrown');
  });
});

describe('the registry', () => {
  it('admits what a steward did not propose alone, under a known licence', async () => {
    const driver = new Driver();
    const settings = { stewards: ['s1', 's2'], licences: ['Apache-2.0'] };
    const id = await driver.deploy(firstFunction('registry', settings));
    const kindOf = async (caller: string, body: CanonicalValue) =>
      (await driver.send({ caller, function: id, body })).kind;
    const item = {
      kind: 'propose',
      id: ID,
      type: 'model',
      name: 'GPT',
      licence: 'Apache-2.0',
      parts: [ID],
    };
    expect(await kindOf('s1', { ...item, licence: 'mine' })).toBe('thrown');
    expect(await kindOf('s1', item)).toBe('done');
    expect(await kindOf('s1', { kind: 'admit', id: ID })).toBe('thrown');
    expect(await kindOf('ann', { kind: 'admit', id: ID })).toBe('thrown');
    expect(await kindOf('s2', { kind: 'admit', id: ID })).toBe('done');
    const admitted = () => driver.processor.list({ function: id, prefix: 'admitted/', limit: 9 });
    expect(admitted()).toEqual([[`admitted/model/${ID}`, 'GPT']]);
    expect(await kindOf('s1', { kind: 'withdraw', id: ID, words: 'poisoned' })).toBe('done');
    expect(admitted()).toEqual([]);
  });
});

describe('governance', () => {
  it('upgrades credits by a vote, after its delay', async () => {
    const log = await logOfAVote();
    const { driver, credits, cheaper, names } = log;
    const total = driver.processor.read({ function: credits, key: `total/${names.ann}` });
    expect(total).toBe(300);
    const body = packed([creditOf({ agent: names.bob, work: 'matmul', count: 1 })]);
    const last = await driver.send({ caller: 'recorder', function: credits, body });
    expect(last).toMatchObject({ kind: 'done', value: { units: 1 } });
    expect(cheaper).toContain('"matmul":1');
  });

  it('weighs nobody by more than a tenth of the quorum', async () => {
    const { votes } = await logOfAVote();
    expect(votes).toEqual([
      { kind: 'done', value: 10 },
      { kind: 'done', value: 10 },
      { kind: 'thrown', message: 'who votes has earned credits' },
    ]);
  });

  it('says who would change place under another rule, and changes nothing', async () => {
    const { driver, credits, cheaper, names } = await logOfAVote();
    const suppose = { function: credits, source: cheaper.replace('"relu":1', '"relu":9') };
    const moves = await whatIf(engine, { entries: driver.entries, suppose, prefix: 'team/' });
    expect(moves).toEqual([]);
    const among = await whatIf(engine, { entries: driver.entries, suppose, prefix: 'total/' });
    expect(among).toContainEqual({
      key: `total/${names.cyd}`,
      before: 200,
      after: 1800,
      placeBefore: 2,
      placeAfter: 1,
    });
  });
});

describe('evaluating a log again', () => {
  it('agrees with true roots, and finds the first entry whose root is another', async () => {
    const { driver } = await logOfAVote();
    const claims = await claimsOf(driver);
    const all = { entries: stream(driver), claims, upTo: null };
    const agreed = await evaluateLog(engine, all);
    expect(agreed).toMatchObject({
      ok: true,
      value: { agreedCount: claims.length, entryCount: claims.length, difference: null },
    });
    const forged = claims.map((claim) =>
      claim.index >= 5 ? { ...claim, root: new Uint8Array(32).fill(7) } : claim,
    );
    const found = await evaluateLog(engine, {
      entries: stream(driver),
      claims: forged,
      upTo: null,
    });
    expect(found).toMatchObject({
      ok: true,
      value: { agreedCount: 5, difference: { afterIndex: 4, index: 5, found: claims[5]!.root } },
    });
  });

  it('stops at the entry that it is told, and tells outcomes and progress', async () => {
    const { driver } = await logOfAVote();
    const claims = await claimsOf(driver);
    const outcomes: string[] = [];
    const progress: number[] = [];
    const evaluated = await evaluateLog(engine, {
      entries: stream(driver),
      claims: claims.slice(0, 3),
      upTo: 4,
      onOutcome: (_entry, { kind }) => outcomes.push(kind),
      onProgress: ({ index }) => progress.push(index),
    });
    expect(evaluated).toMatchObject({ ok: true, value: { entryCount: 5, root: claims[4]!.root } });
    expect(outcomes).toHaveLength(5);
    expect(progress).toEqual([0, 1, 2, 4]);
  });

  it('refuses entries out of order, and ends where it is canceled', async () => {
    const { driver } = await logOfAVote();
    const [first, second] = driver.entries;
    const disordered = await evaluateLog(engine, {
      entries: [second!, first!],
      claims: [],
      upTo: null,
    });
    expect(disordered).toMatchObject({ ok: false, failure: { code: 'input_invalid' } });
    const signal = AbortSignal.abort();
    const canceled = await evaluateLog(engine, {
      entries: [first!],
      claims: [],
      upTo: null,
      signal,
    });
    expect(canceled).toMatchObject({ ok: false, failure: { code: 'canceled' } });
  });
});

describe('the examples', () => {
  it('count a poll and keep a registry of names', async () => {
    const poll = await simulate(engine, {
      source: example('poll'),
      startMs: 1_700_000_000_000,
      actions: [
        { caller: 'ann', action: { choice: 0 } },
        { caller: 'bob', action: { choice: 0 } },
        { caller: 'ann', action: { choice: 2 } },
        { caller: 'ann', action: { choice: 3 } },
      ],
    });
    expect(poll.outcomes.map(({ kind }) => kind)).toEqual([
      'done',
      'done',
      'done',
      'done',
      'thrown',
    ]);
    expect(poll.rows.slice(0, 2)).toEqual([
      ['count/0', 1],
      ['count/2', 1],
    ]);
    const names = await simulate(engine, {
      source: example('registry'),
      startMs: 0,
      actions: [
        { caller: 'ann', action: { kind: 'claim', name: 'ann.example', value: 'one' } },
        { caller: 'bob', action: { kind: 'claim', name: 'ann.example', value: 'two' } },
        { caller: 'bob', action: { kind: 'set', name: 'ann.example', value: 'two' } },
        { caller: 'ann', action: { kind: 'give', name: 'ann.example', to: 'bob' } },
        { caller: 'bob', action: { kind: 'set', name: 'ann.example', value: 'two' } },
      ],
    });
    expect(names.rows).toEqual([['name/ann.example', { holder: 'bob', value: 'two', since: 1 }]]);
  });
});

type Credit = {
  readonly agent: AgentId;
  readonly work: string;
  readonly model: string;
  readonly index: number;
  readonly count: number;
  readonly report: Uint8Array;
};

function creditOf(of: Pick<Credit, 'agent' | 'work' | 'count'> & Partial<Credit>): Credit {
  return { model: 'gpt', index: 0, report: new Uint8Array(32).fill(7), ...of };
}

/** The action that credits tasks. */
function packed(credits: readonly Credit[]) {
  const jobs = new Map<string, CanonicalValue>();
  const agents = new Map<AgentId, CanonicalValue>();
  const reports: [number, Uint8Array, CanonicalValue[]][] = [];
  let last: Credit | undefined;
  for (const credit of credits) {
    const { agent, work, model, index, count, report } = credit;
    const name = `${work} ${model}`;
    if (!jobs.has(name)) jobs.set(name, [`job_${work}`, work, model]);
    if (!agents.has(agent)) agents.set(agent, must(publicKeyOf(agent)));
    const place = [...agents.keys()].indexOf(agent);
    if (last?.agent !== agent || last.report !== report) reports.push([place, report, []]);
    const row = [[...jobs.keys()].indexOf(name), 0, index, index * 128, 128, count, 3];
    reports.at(-1)?.[2].push(row);
    last = credit;
  }
  const lists = { jobs: [...jobs.values()], agents: [...agents.values()], reports };
  return { kind: 'credits', v: 1, ...lists } satisfies CanonicalValue;
}

/** The action that credits as many of these as an entry holds. */
function fullest(credits: readonly Credit[]): CanonicalValue {
  let [fits, tooMany] = [0, credits.length + 1];
  while (tooMany - fits > 1) {
    const count = (fits + tooMany) >> 1;
    const { byteLength } = encodeCanonical(packed(credits.slice(0, count)));
    if (byteLength <= ENTRY_BODY_BYTES_MAX) fits = count;
    else tooMany = count;
  }
  return packed(credits.slice(0, fits));
}

/** A log in which twelve keys earn, and ten of them vote to pay less for matmul. */
async function logOfAVote() {
  const driver = new Driver();
  const cheaper = firstFunction('credits', { ...CREDITS, prices: { ...PRICES, matmul: 1 } });
  const settings = { founder: 'founder', quorum: 100, votingMs: 13, delayMs: 3 };
  const governance = await driver.deploy(firstFunction('governance', settings));
  const credits = await driver.deploy(firstFunction('credits', CREDITS), governance);
  const send = (caller: string, body: CanonicalValue) =>
    driver.send({ caller, function: governance, body });
  const found = { kind: 'found', credits };
  expect((await send('stranger', found)).kind).toBe('thrown');
  expect((await send('founder', found)).kind).toBe('done');
  expect((await send('founder', found)).kind).toBe('thrown');
  const voters = await Promise.all(Array.from({ length: 10 }, (_, at) => agentOf(at + 1)));
  const [ann, cyd] = [await agentOf(21), await agentOf(22)];
  const earned = [
    ...voters.map((agent) => creditOf({ agent, work: 'relu', count: 50 })),
    creditOf({ agent: ann, work: 'matmul', count: 100 }),
    creditOf({ agent: cyd, work: 'relu', count: 200 }),
  ];
  await driver.send({ caller: 'recorder', function: credits, body: packed(earned) });
  const code = codeIdOf({ engine: engine.id, source: cheaper });
  const words = { words: 'matmul got faster', discussion: 'https://forum.example/7' };
  const body = { kind: 'propose', function: credits, code, ...words };
  expect((await send(ann, { ...body, discussion: 'javascript:1' })).kind).toBe('thrown');
  const proposed = await send(ann, body);
  const proposal = proposed.kind === 'done' ? proposed.value : null;
  const vote = (caller: string) => send(caller, { kind: 'vote', proposal, yes: true });
  const votes = [];
  for (const key of voters) votes.push(await vote(key));
  const stranger = await vote('stranger');
  const kindsOf = (kind: string) => send('anybody', { kind, proposal });
  const upgrade = { engine: engine.id, function: credits, source: cheaper };
  const upgraded = () => driver.send({ function: 'upgrade', body: upgrade });
  expect(await kindsOf('close')).toEqual({ kind: 'thrown', message: 'voting goes on' });
  expect(await kindsOf('close')).toEqual({ kind: 'done', value: 'accepted' });
  expect(await kindsOf('enact')).toEqual({ kind: 'thrown', message: 'the delay goes on' });
  expect(await upgraded()).toMatchObject({ reason: 'upgrade_not_approved' });
  expect((await kindsOf('enact')).kind).toBe('done');
  expect((await kindsOf('enact')).kind).toBe('thrown');
  expect((await upgraded()).kind).toBe('done');
  const names = { ann, cyd, bob: voters[0]! };
  return { driver, credits, cheaper, names, votes: [votes[0], votes[9], stranger] };
}

async function claimsOf(driver: Driver) {
  const again = new Driver();
  const claims = [];
  for (const entry of driver.entries) {
    await again.processor.apply([entry]);
    claims.push({ index: entry.index, root: again.processor.root() });
  }
  return claims;
}

async function* stream(driver: Driver) {
  yield* driver.entries;
}

function example(name: string): string {
  const url = new URL(`../../docs/examples/functions/${name}.js`, import.meta.url);
  return readFileSync(url, 'utf8');
}
