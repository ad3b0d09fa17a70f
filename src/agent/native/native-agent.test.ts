import { describe, expect, it } from 'vitest';
import { reluWork } from '../agent-at-work.contract.ts';
import type { AgentSnapshot } from '../agent-snapshot.ts';
import { runUntil, served } from './served-orchestrator.contract.ts';

const hasReported = ({ counters }: AgentSnapshot): boolean => counters.tasksReported > 0;
// Nothing listens there.
const NOWHERE = 'http://127.0.0.1:1';

describe('a native agent of several orchestrators', () => {
  it('joins the first that answers, and tells why not the first', async () => {
    const two = await served();
    two.orchestrator.offer(await reluWork(two.orchestrator, 2), [[0, 1]]);
    const snapshot = await runUntil([NOWHERE, two.url], hasReported);
    expect(snapshot).toMatchObject({
      orchestrator: two.url,
      moved: { from: NOWHERE, to: two.url, failure: { code: 'unavailable' } },
    });
    expect(snapshot?.moved?.failure.message).toContain('ECONNREFUSED');
  });

  it('gets the blocks of its tasks from the one that it is attached to', async () => {
    const [one, two] = [await served(), await served()];
    one.orchestrator.isStopping = true;
    two.orchestrator.offer(await reluWork(two.orchestrator, 2), [[0, 1]]);
    const snapshot = await runUntil([one.url, two.url], hasReported);
    expect(snapshot?.moved).toMatchObject({ from: one.url, to: two.url });
    expect(two.orchestrator.reported.map(({ result }) => result.kind)).toEqual(['output']);
    expect(two.asked.length).toBeGreaterThan(0);
    expect(one.asked).toEqual([]);
  });

  it('counts an address that is named twice once', async () => {
    const one = await served();
    one.orchestrator.isStopping = true;
    const snapshot = await runUntil(
      [one.url, `${one.url}/`],
      ({ idle }) => idle?.why === 'shutting_down',
    );
    expect(snapshot?.phase).toBe('working');
  });

  it.each([
    ['none', []],
    ['one that is no address', ['http://localhost:8080', 'ftp://x']],
  ])('refuses %s', async (_, orchestratorUrls) => {
    await expect(runUntil(orchestratorUrls, hasReported)).rejects.toThrow(/orchestrator/);
  });
});
