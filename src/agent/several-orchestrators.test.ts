import { describe, expect, it } from 'vitest';
import { INLINE_TENSOR_BYTES_MAX, ORCHESTRATOR_AWAY_MS } from '../domain/limits.ts';
import { agentOf, longWork, reluWork, until } from './agent-at-work.contract.ts';
import type { Clock } from './agent-ports.ts';
import { systemClock } from './clock.ts';
import { ScriptedOrchestrator } from './scripted-orchestrator.contract.ts';

// Real agents between orchestrators that come and go. Their clock is twenty times as fast, so that
// nobody waits for limits; what the machine decides in which instant is in moving.test.ts.
const HURRY = 20;
const hurried: Clock = {
  nowMs: () => systemClock.nowMs() * HURRY,
  wakeAt: (atMs, call) => systemClock.wakeAt(atMs / HURRY, call),
};

const pair = (): [ScriptedOrchestrator, ScriptedOrchestrator] => [
  new ScriptedOrchestrator('one'),
  new ScriptedOrchestrator('two'),
];
// Outputs of one row that travel as blocks.
const WIDE = INLINE_TENSOR_BYTES_MAX / 4 + 1;

describe('an agent of two orchestrators', () => {
  it('joins the first, and says nothing to the other', async () => {
    const [one, two] = pair();
    const agent = await agentOf(one, { others: [two] });
    agent.start();
    const { orchestrator, moved } = await until(agent, ({ phase }) => phase === 'working');
    expect({ orchestrator, moved }).toEqual({ orchestrator: 'one', moved: null });
    expect(two.calls).toEqual([]);
  });

  it('joins the second where the first is away at its start', async () => {
    const [one, two] = pair();
    one.failing = 'unavailable';
    two.offer(await reluWork(two, 2), [[0, 1]]);
    const agent = await agentOf(one, { others: [two] });
    agent.start();
    const { moved } = await until(agent, ({ counters }) => counters.tasksReported === 1);
    expect(moved).toMatchObject({ from: 'one', to: 'two', failure: { code: 'unavailable' } });
    expect(one.calls).toEqual(['challenge']);
  });

  it('moves when its own is silent for the limit, and takes no task along', async () => {
    const [one, two] = pair();
    one.offer(longWork(), [[0, 2048]]);
    two.offer(await reluWork(two, WIDE), [[0, 1]]);
    const agent = await agentOf(one, { others: [two], clock: hurried });
    agent.start();
    await until(agent, ({ tasks }) => tasks.some(({ primitive }) => primitive === 'matmul'));
    const session = agent.session();
    const awayAtMs = hurried.nowMs();
    one.failing = 'unavailable';
    const after = await until(agent, ({ counters }) => counters.tasksReported === 1);
    const waitedMs = (after.moved?.atMs ?? 0) - awayAtMs;
    expect(waitedMs).toBeGreaterThanOrEqual(ORCHESTRATOR_AWAY_MS);
    expect(after.orchestrator).toBe('two');
    expect(after.counters).toMatchObject({ tasksDropped: 1, tasksComputed: 1 });
    expect(one.left).toEqual([session]);
    expect(one.reported).toEqual([]);
    expect(two.reported).toHaveLength(1);
  });

  it('reads the blocks of tasks and puts those of outputs where it is attached', async () => {
    const [one, two] = pair();
    one.isStopping = true;
    // Held by the second alone: the first would answer that it has no such block.
    two.offer(await reluWork(two, WIDE), [[0, 1]]);
    const agent = await agentOf(one, { others: [two] });
    agent.start();
    await until(agent, ({ counters }) => counters.tasksReported === 1);
    expect(two.reported[0]?.result.kind).toBe('output');
    expect(two.calls).toContain('put');
    expect(one.calls).not.toContain('put');
  });

  it('moves at once where its own shuts down', async () => {
    const [one, two] = pair();
    const agent = await agentOf(one, { others: [two] });
    agent.start();
    await until(agent, ({ idle }) => idle?.why === 'no_jobs');
    const saidAtMs = systemClock.nowMs();
    one.isStopping = true;
    const { moved } = await until(agent, ({ orchestrator, phase }) => {
      return orchestrator === 'two' && phase === 'working';
    });
    expect(moved?.failure.message).toMatch(/shutting down/);
    expect((moved?.atMs ?? Infinity) - saidAtMs).toBeLessThan(ORCHESTRATOR_AWAY_MS / 2);
  });

  it.each([0, 1])(
    'goes round while all are away, and joins whichever comes back: %i',
    async (at) => {
      const both = pair();
      const [one, two] = both;
      one.failing = 'unavailable';
      two.failing = 'unavailable';
      const agent = await agentOf(one, { others: [two], clock: hurried });
      agent.start();
      await until(agent, () => one.calls.length >= 2 && two.calls.length >= 2);
      await until(agent, ({ phase }) => phase === 'backing-off');
      const back = both[at];
      if (back === undefined) throw new Error('two');
      back.failing = null;
      const { orchestrator } = await until(agent, ({ phase }) => phase === 'working');
      expect(orchestrator).toBe(back.name);
    },
  );
});
