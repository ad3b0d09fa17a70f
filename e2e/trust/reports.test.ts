import { USUAL_TERMS } from '../../src/domain/job.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certain } from '../network/client.ts';
import { HandDrivenAgent, type Told } from '../network/hand-driven-agent.ts';
import { testOrchestrator, type TestOrchestrator } from '../network/orchestrator.ts';
import { readOutput } from '../network/outputs.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { AGENT_SILENT_MS, LEASE_MS, QUARANTINE_MS } from '../../src/domain/limits.ts';
import type { LeasedTask } from '../../src/domain/work.ts';
import { generateSigningKey, signBytes } from '../../src/integrity/index.ts';
import { differences, integerWork, type Work } from './works.ts';

let orchestrator: TestOrchestrator;
let elapsedMs = 0;
let work: Work;
let job: JobId;

beforeEach(async () => {
  elapsedMs = 0;
  orchestrator = await testOrchestrator({ now: () => Date.now() + elapsedMs });
  work = await integerWork();
  const { expected } = work;
  const rowsPerTask = Math.ceil((expected.get('y')?.shape[0] ?? 0) / 2);
  const checking = { kind: 'recompute', share: 1 } as const;
  const spec = { ...USUAL_TERMS, name: 'two tasks', workload: work.spec, checking, rowsPerTask };
  ({ job } = await orchestrator.producer.submit(spec));
});
afterEach(() => orchestrator.close());

const join = (key?: HandDrivenAgent['key']) =>
  HandDrivenAgent.join(orchestrator.url, key === undefined ? {} : { key });

async function oneTask(agent: HandDrivenAgent): Promise<LeasedTask> {
  const [task] = await agent.lease(1);
  if (task === undefined) throw new Error('a task was leased');
  return task;
}

async function right(agent: HandDrivenAgent, task: LeasedTask): Promise<Told> {
  return agent.store(await agent.compute(task));
}

async function wrong(agent: HandDrivenAgent, task: LeasedTask): Promise<Told> {
  const outputs = await agent.compute(task);
  return agent.store(outputs.map((tensor) => ({ ...tensor, bytes: tensor.bytes.map((b) => ~b) })));
}

/** Lets an honest agent end the job, and says what is wrong in its output. */
async function endJob(): Promise<readonly string[]> {
  const ended = orchestrator.producer.watch(job);
  const honest = await join();
  const stop = new AbortController();
  const working = honest.work(stop.signal);
  expect(await ended).toMatchObject({ state: 'done' });
  stop.abort();
  await working;
  return differences(work, await readOutput(orchestrator, job));
}

/** Waits until an agent is quarantined, or is no more. */
async function quarantined(agent: HandDrivenAgent, isTrue = true): Promise<void> {
  while (((await agent.standing()).quarantine !== null) !== isTrue) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a quarantine', () => {
  it('is of the key: joining again does not end it', async () => {
    const liar = await join();
    const task = await oneTask(liar);
    certain(await liar.report([{ task, told: await wrong(liar, task) }]));
    await quarantined(liar);
    const again = await join(liar.key);
    expect(await again.ask(1)).toMatchObject({ kind: 'refused', reason: 'quarantined' });
    expect(await again.standing()).toMatchObject({ rejected: 1 });
    expect(await endJob()).toEqual([]);
  });

  it('is escaped by a new key, whose lies are found as well', async () => {
    for (let count = 0; count < 3; count++) {
      const liar = await join();
      const task = await oneTask(liar);
      certain(await liar.report([{ task, told: await wrong(liar, task) }]));
      await quarantined(liar);
      await liar.leave();
    }
    expect(await endJob()).toEqual([]);
  });

  it('takes back what the liar had leased, and refuses what it still reports', async () => {
    const liar = await join();
    const [first, second] = await liar.lease(2);
    if (first === undefined || second === undefined) throw new Error('two were leased');
    certain(await liar.report([{ task: first, told: await wrong(liar, first) }]));
    await quarantined(liar);
    const { statuses } = certain(
      await liar.report([{ task: second, told: await right(liar, second) }]),
    );
    expect(statuses).toEqual(['late']);
    expect(await endJob()).toEqual([]);
  });

  it('ends with its time', async () => {
    const liar = await join();
    const task = await oneTask(liar);
    certain(await liar.report([{ task, told: await wrong(liar, task) }]));
    await quarantined(liar);
    elapsedMs += QUARANTINE_MS + 1_000;
    const later = await join(liar.key);
    await quarantined(later, false);
    const redone = await oneTask(later);
    expect(await later.do(redone)).toMatchObject({ statuses: ['received'] });
  });
});

describe('a report', () => {
  it("of a lease that is another agent's is foreign and changes nothing", async () => {
    const holder = await join();
    const thief = await join();
    const task = await oneTask(holder);
    const told = await wrong(thief, task);
    expect(certain(await thief.report([{ task, told }])).statuses).toEqual(['foreign']);
    expect(await holder.do(task)).toMatchObject({ statuses: ['received'] });
    expect(await thief.standing()).toMatchObject({ accepted: 0, rejected: 0, pending: 0 });
    expect(await endJob()).toEqual([]);
  });

  it('sent twice counts once, whoever sends it again', async () => {
    const agent = await join();
    const eavesdropper = await join();
    const task = await oneTask(agent);
    const signed = await agent.sign([{ task, told: await right(agent, task) }]);
    const { signal } = new AbortController();
    expect(certain(await agent.rpc.report(signed, signal)).statuses).toEqual(['received']);
    const again = certain(await eavesdropper.rpc.report(signed, signal));
    expect(again.statuses).toEqual(['duplicate']);
    expect(await endJob()).toEqual([]);
    expect(await agent.standing()).toMatchObject({ accepted: 1 });
    expect(await eavesdropper.standing()).toMatchObject({ accepted: 0 });
  });

  it('cannot change what was reported before, in the same batch or later', async () => {
    const agent = await join();
    const task = await oneTask(agent);
    const first = { task, told: await right(agent, task) };
    const other = { task, told: await wrong(agent, task) };
    const { statuses } = certain(await agent.report([first, other]));
    expect(statuses).toEqual(['received', 'duplicate']);
    expect(certain(await agent.report([other])).statuses).toEqual(['duplicate']);
    expect(await endJob()).toEqual([]);
    expect(await agent.standing()).toMatchObject({ accepted: 1, rejected: 0 });
  });

  it('signed by another key is refused, and so is one for another purpose', async () => {
    const agent = await join();
    const task = await oneTask(agent);
    const results = [{ task, told: await wrong(agent, task) }];
    const stranger = certain(await generateSigningKey({ extractable: false }));
    const refused = { ok: false, failure: { code: 'signature_invalid' } };
    expect(await agent.report(results, stranger)).toMatchObject(refused);
    const { bytes } = await agent.sign(results);
    const signature = await signBytes(agent.key, { purpose: 'join', bytes });
    const { signal } = new AbortController();
    expect(await agent.rpc.report({ bytes, signature }, signal)).toMatchObject(refused);
    expect(await agent.standing()).toMatchObject({ pending: 0, rejected: 0 });
    expect(await agent.do(task)).toMatchObject({ statuses: ['received'] });
  });

  it('whose bytes were changed under way is refused, whichever byte it was', async () => {
    const agent = await join();
    const task = await oneTask(agent);
    const { bytes, signature } = await agent.sign([{ task, told: await right(agent, task) }]);
    const { signal } = new AbortController();
    for (const at of [0, 1, 60, 100, bytes.byteLength >> 1, bytes.byteLength - 1]) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await agent.rpc.report({ bytes: changed, signature }, signal)).ok).toBe(false);
    }
    expect(await agent.standing()).toMatchObject({ pending: 0, rejected: 0 });
    expect(await agent.do(task)).toMatchObject({ statuses: ['received'] });
  });

  it('of a result without any tensor is malformed, and its author is quarantined', async () => {
    const agent = await join();
    const task = await oneTask(agent);
    const report = agent.report([{ task, told: { kind: 'output', output: [] } }]);
    expect(certain(await report).statuses).toEqual(['malformed']);
    expect(await agent.standing()).toMatchObject({ rejected: 1 });
  });
});

describe('a lease', () => {
  it('that no heartbeat named expires; its result is late and counts neither way', async () => {
    const agent = await join();
    const task = await oneTask(agent);
    const told = await wrong(agent, task);
    elapsedMs += LEASE_MS / 2;
    await agent.standing();
    elapsedMs += LEASE_MS / 2 + 1;
    await agent.standing();
    const statuses = await statusesOnceExpired(agent, { task, told });
    expect(statuses).toEqual(['late']);
    expect(await agent.standing()).toMatchObject({ accepted: 0, rejected: 0, pending: 0 });
    expect(await endJob()).toEqual([]);
  });

  it('ends with a session that fell silent, whose reports are not heard any more', async () => {
    const agent = await join();
    const task = await oneTask(agent);
    const told = await wrong(agent, task);
    elapsedMs += AGENT_SILENT_MS + 1;
    expect(await endJob()).toEqual([]);
    // The orchestrator looks at its clock twice a second; its task was given to another before.
    await expect
      .poll(() => agent.report([{ task, told }]))
      .toMatchObject({
        ok: false,
        failure: { code: 'session_unknown', message: expect.stringContaining('Join again') },
      });
  });
});

/** The orchestrator looks at its clock twice a second: waits until another could lease the task. */
async function statusesOnceExpired(
  agent: HandDrivenAgent,
  result: { readonly task: LeasedTask; readonly told: Told },
) {
  const other = await join();
  await other.lease(2);
  await other.leave();
  return certain(await agent.report([result])).statuses;
}
