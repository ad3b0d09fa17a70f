import { expect, it } from 'vitest';
import { SPOT_MS } from '../domain/limits.ts';
import { agentOf, inlineNumbers, outputOf, reluWork, until } from './agent-at-work.contract.ts';
import { computePool } from './compute-pool.ts';
import { failingDevice } from './failing-backends.contract.ts';
import { ScriptedOrchestrator } from './scripted-orchestrator.contract.ts';

// A whole agent on a device whose GPU begins to compute wrongly.

const RIGHT = [0, 0];

it('withdraws what its GPU may have got wrong, falls back, and joins again with less', async () => {
  const device = failingDevice();
  let nowMs = 0;
  const pool = computePool(device.spawn, { nowMs: () => nowMs });
  const orchestrator = new ScriptedOrchestrator();
  orchestrator.heartbeatMs = 60_000;
  const work = await reluWork(orchestrator, 2);
  const agent = await agentOf(orchestrator, { pool, backend: 'webgpu' });
  agent.start();
  await until(agent, ({ phase }) => phase === 'working');
  device.faults.webgpu.add('relu');
  orchestrator.offer(work, [[0, 1]]);
  await until(agent, ({ counters }) => counters.tasksReported === 1);
  const wrong = orchestrator.reported[0];
  expect(inlineNumbers(outputOf(wrong))).not.toEqual(RIGHT);
  // Some time later the lane is tried again, with its next task.
  nowMs = SPOT_MS;
  orchestrator.offer(work, [[0, 1]]);
  const rejoined = await until(agent, () => orchestrator.claims.length === 2);
  expect(orchestrator.withdrawn).toEqual([wrong?.lease]);
  expect(orchestrator.reported.map((report) => report.backend)).toEqual(['webgpu', 'wasm']);
  expect(inlineNumbers(outputOf(orchestrator.reported[1]))).toEqual(RIGHT);
  const [first, second] = orchestrator.claims;
  expect(first?.capability.primitives).toMatchObject({ relu: 'webgpu', exp: 'webgpu' });
  expect(second?.capability.primitives).toMatchObject({ relu: 'wasm', exp: 'webgpu' });
  const isReluOnGpu = { primitive: 'relu', backend: 'webgpu' };
  expect(second?.conformance).toContainEqual(
    expect.objectContaining({ ...isReluOnGpu, passed: false }),
  );
  expect(rejoined.selfTest?.failed).toMatchObject([isReluOnGpu]);
  expect(rejoined.counters.tasksDropped).toBe(0);
});
