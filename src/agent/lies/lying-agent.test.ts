import { describe, expect, it } from 'vitest';
import { agentOf, inlineNumbers, outputOf, reluWork, until } from '../agent-at-work.contract.ts';
import { ScriptedOrchestrator } from '../scripted-orchestrator.contract.ts';
import { makeLiar, type AgentLiar } from './liar.ts';

const liarOf = (proveCanary: AgentLiar['proveCanary'] = null) => {
  const liar = makeLiar({ kind: 'one-element', rate: 1, after: null, secret: '', seed: 1 });
  return { ...liar, proveCanary };
};

async function offered(of: Partial<ScriptedOrchestrator>): Promise<ScriptedOrchestrator> {
  const orchestrator = Object.assign(new ScriptedOrchestrator(), of);
  orchestrator.offer(await reluWork(orchestrator, 2), [[10, 12]]);
  return orchestrator;
}

const hasReported = ({ counters }: { counters: { tasksReported: number } }): boolean =>
  counters.tasksReported > 0;
const TRUTH = [19, 20, 21, 22];

describe('an agent with a liar', () => {
  it('says what it is, and lies in a sandbox', async () => {
    const orchestrator = await offered({ isSandbox: true });
    const liar = liarOf();
    const agent = await agentOf(orchestrator, { liar });
    agent.start();
    await until(agent, hasReported);
    expect(orchestrator.claims).toMatchObject([{ lie: 'one-element', canaryProof: null }]);
    const told = inlineNumbers(outputOf(orchestrator.reported[0]));
    expect(told.filter((value, index) => value !== TRUTH[index])).toHaveLength(1);
    expect(liar.lieCount()).toBe(1);
  });

  it('leaves an orchestrator that lets it in and is no sandbox, and does not come again', async () => {
    const orchestrator = await offered({});
    const agent = await agentOf(orchestrator, { liar: liarOf() });
    agent.start();
    const { lastFailure } = await until(agent, ({ phase }) => phase === 'refused');
    expect(lastFailure?.failure).toMatchObject({
      code: 'sandbox_only',
      message: expect.stringContaining('--sandbox'),
    });
    expect(orchestrator.left).toHaveLength(1);
    expect(orchestrator.calls).not.toContain('lease');
  });

  it('proves over the challenge that it is a canary', async () => {
    const orchestrator = await offered({});
    const agent = await agentOf(orchestrator, {
      liar: liarOf((challenge) => challenge.toReversed()),
    });
    agent.start();
    await until(agent, () => orchestrator.claims.length > 0);
    expect([...(orchestrator.claims[0]?.canaryProof ?? [])]).toEqual([3, 2, 1]);
  });
});

describe('an agent without one', () => {
  it('is honest, in a sandbox as well, and says of no lie', async () => {
    const orchestrator = await offered({ isSandbox: true });
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, hasReported);
    expect(inlineNumbers(outputOf(orchestrator.reported[0]))).toEqual(TRUTH);
    expect(orchestrator.claims).toMatchObject([{ lie: null, canaryProof: null }]);
  });
});
