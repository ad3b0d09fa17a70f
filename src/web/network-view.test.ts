import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { GetNetworkResponseSchema } from '../wire/index.ts';
import { networkViewFrom, recentRate } from './network-view.ts';
import { networkAnswer } from './stories/network-stories.ts';

async function answered() {
  const bytes = new Uint8Array(await networkAnswer('network').arrayBuffer());
  return fromBinary(GetNetworkResponseSchema, bytes);
}

describe('networkViewFrom', () => {
  it('reads agents, jobs and totals as numbers', async () => {
    const view = networkViewFrom(await answered());
    expect(view.agents[0]).toMatchObject({ kind: 'native', accepted: 48_211, lanes: 4 });
    expect(view.jobs.map((job) => job.state)).toEqual(['running', 'queued', 'failed', 'done']);
    expect(view.tasksAcceptedTotal).toBe(184_233);
    expect(view.acceptedPerSecond).toHaveLength(60);
  });

  it('reads canaries: what became of each, and the times of those caught', async () => {
    const { canaries } = networkViewFrom(await answered());
    expect(canaries.lives).toMatchObject([
      { lie: 'colluding-pair', state: 'running', caughtAfterMs: null, misses: 1 },
      { lie: 'low-rank', state: 'caught', caughtAfterMs: 240 },
      { lie: 'big-only', state: 'left', caughtAfterMs: null },
    ]);
    expect(new Set(canaries.lives.map(({ key }) => key)).size).toBe(3);
    expect(canaries.catches).toEqual({ count: 100, medianMs: 420, worstMs: 9_200, misses: 31 });
  });

  it('has no canaries where the orchestrator tells of none', async () => {
    const response = await answered();
    delete response.canaries;
    const none = { lives: [], running: 0, caught: 0, left: 0, catches: null };
    expect(networkViewFrom(response).canaries).toEqual(none);
  });

  it('leaves out a job that it cannot read, and keeps the others', async () => {
    const response = await answered();
    for (const job of response.jobs.slice(0, 1)) job.workload = 'unheard-of';
    expect(networkViewFrom(response).jobs).toHaveLength(3);
  });
});

describe('recentRate', () => {
  it('is the mean of the last seconds', () => {
    expect(recentRate([100, 100, 2, 4], 2)).toBe(3);
  });

  it('is nothing before the first second', () => {
    expect(recentRate([], 10)).toBe(0);
  });
});
