import { describe, expect, it } from 'vitest';
import { openBlob, readSlice } from '../data/index.ts';
import type { ContentId } from '../domain/ids.ts';
import { INLINE_TENSOR_BYTES_MAX } from '../domain/limits.ts';
import type { TensorRef } from '../domain/tensor.ts';
import { encodeBase64url } from '../integrity/index.ts';
import {
  agentOf,
  inlineNumbers,
  longWork,
  outputOf,
  reluWork,
  ROWS,
  until,
  valueOf,
} from './agent-at-work.contract.ts';
import { ScriptedOrchestrator } from './scripted-orchestrator.contract.ts';

const pairs = (count: number): [number, number][] =>
  Array.from({ length: count }, (_, index) => [index, index + 1]);

describe('an agent and its orchestrator', () => {
  it('joins with a signed claim of what the device computes rightly', async () => {
    const orchestrator = new ScriptedOrchestrator();
    const agent = await agentOf(orchestrator);
    agent.start();
    const snapshot = await until(agent, ({ phase }) => phase === 'working');
    const [claim] = orchestrator.claims;
    expect(encodeBase64url(claim?.publicKey ?? new Uint8Array())).toBe(snapshot.agent);
    expect(claim?.versions).toEqual([1]);
    expect(claim?.capability).toMatchObject({ lanes: 2, primitives: { matmul: 'wasm' } });
    expect(claim?.conformance.length).toBeGreaterThan(10);
    expect(snapshot.capability).toEqual(claim?.capability);
  });

  it('computes every task once and reports signed outputs', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.offer(await reluWork(orchestrator, 2), pairs(ROWS));
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ counters }) => counters.tasksReported === ROWS);
    const { reported } = orchestrator;
    expect(new Set(reported.map(({ lease }) => lease)).size).toBe(ROWS);
    const numbers = orchestrator
      .reportedInOrder()
      .flatMap((report) => inlineNumbers(outputOf(report)));
    expect(numbers).toEqual(Array.from({ length: ROWS * 2 }, (_, at) => Math.max(0, at - 1)));
    expect(orchestrator.calls.filter((call) => call === 'report').length).toBeLessThan(ROWS);
  });

  it('puts large outputs as blobs before it reports them', async () => {
    const orchestrator = new ScriptedOrchestrator();
    const columns = INLINE_TENSOR_BYTES_MAX / 4 / 4 + 1;
    orchestrator.offer(await reluWork(orchestrator, columns), [[0, 4]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ counters }) => counters.tasksReported === 1);
    const ref = outputOf(orchestrator.reported[0]);
    expect(ref).toMatchObject({ shape: [4, columns], source: { kind: 'blob', byteOffset: 0 } });
    expect(orchestrator.calls.indexOf('put')).toBeLessThan(orchestrator.calls.indexOf('report'));
    const blob = valueOf(await openBlob(orchestrator.blocks, { blob: blobOf(ref) }));
    const slice = { blob, byteOffset: 4 * columns - 4, byteLength: 4 };
    const bytes = valueOf(await readSlice(orchestrator.blocks, slice));
    expect(new Float32Array(bytes.buffer)[0]).toBe(columns - 2);
  });

  it('says that no work is there, and takes it when it comes', async () => {
    const orchestrator = new ScriptedOrchestrator();
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ idle }) => idle?.why === 'no_jobs');
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    await until(agent, ({ counters }) => counters.tasksReported === 1);
    expect(orchestrator.reported).toHaveLength(1);
  });

  it('tries again while the orchestrator is away', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.failing = 'unavailable';
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    const away = await until(agent, ({ phase }) => phase === 'backing-off');
    expect(away.idle?.why).toBe('reconnecting');
    expect(away.nextTryAtMs).toBeGreaterThan(away.idle?.sinceMs ?? Infinity);
    orchestrator.failing = null;
    await until(agent, ({ counters }) => counters.tasksReported === 1);
    expect(orchestrator.reported).toHaveLength(1);
  });

  it('is refused for good by one that speaks no common version', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.failing = 'version_unsupported';
    const agent = await agentOf(orchestrator);
    agent.start();
    const refused = await until(agent, ({ phase }) => phase === 'refused');
    expect(refused.lastFailure?.failure.message).toBe('as the test wants it');
  });

  it('joins again when its session is forgotten, and works on', async () => {
    const orchestrator = new ScriptedOrchestrator();
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ idle }) => idle?.why === 'no_jobs');
    orchestrator.forget();
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    await until(agent, ({ counters }) => counters.tasksReported === 1);
    expect(orchestrator.claims).toHaveLength(2);
  });

  it('stops computing what is dropped, and reports nothing of it', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.heartbeatMs = 100;
    orchestrator.offer(longWork(), [[0, 2048]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ tasks }) => tasks.some(({ primitive }) => primitive === 'matmul'));
    orchestrator.dropped = [`lease_${'0'.repeat(26)}`];
    const after = await until(agent, ({ counters }) => counters.tasksDropped === 1);
    expect(after.tasks).toEqual([]);
    orchestrator.dropped = [];
    orchestrator.offer(await reluWork(orchestrator, 2), [[0, 1]]);
    await until(agent, ({ counters }) => counters.tasksReported === 1);
    expect(orchestrator.reported.map(({ lease }) => lease)).toEqual([
      `lease_${'1'.padStart(26, '0')}`,
    ]);
  });

  it('pauses at once, hands its leases back, and reports nothing afterwards', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.offer(longWork(), [[0, 2048]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ tasks }) => tasks.some(({ primitive }) => primitive === 'matmul'));
    const session = agent.session();
    agent.pause();
    expect(agent.snapshot()).toMatchObject({ phase: 'paused', tasks: [], idle: { why: 'paused' } });
    expect(agent.session()).toBeNull();
    await agent.stop();
    expect(orchestrator.left).toEqual([session]);
    expect(orchestrator.reported).toEqual([]);
  });

  it('joins anew on resuming', async () => {
    const orchestrator = new ScriptedOrchestrator();
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ phase }) => phase === 'working');
    agent.pause();
    agent.resume();
    await until(agent, ({ phase }) => phase === 'working');
    expect(orchestrator.claims).toHaveLength(2);
    expect(new Set(orchestrator.claims.map(({ publicKey }) => publicKey.join())).size).toBe(1);
  });

  it('tells a task that its data cannot be had for as failed', async () => {
    const orchestrator = new ScriptedOrchestrator();
    const work = await reluWork(new ScriptedOrchestrator(), 2);
    orchestrator.offer(work, [[0, 1]]);
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(
      agent,
      ({ counters }) => counters.tasksFailed === 1 && counters.tasksReported === 1,
    );
    expect(orchestrator.reported[0]?.result).toMatchObject({
      kind: 'failed',
      failure: { code: 'block_unknown' },
    });
  });

  it('tells rows that an input does not have as failed, and works on', async () => {
    const orchestrator = new ScriptedOrchestrator();
    orchestrator.offer(await reluWork(orchestrator, 2), [
      [ROWS, ROWS + 1],
      [0, 1],
    ]);
    const agent = await agentOf(orchestrator);
    agent.start();
    await until(agent, ({ counters }) => counters.tasksReported === 2);
    const failures = orchestrator.reported.filter(({ result }) => result.kind === 'failed');
    expect(failures).toHaveLength(1);
  });
});

function blobOf(ref: TensorRef | undefined): ContentId<'blob'> {
  if (ref?.source.kind !== 'blob') throw new Error('the output was not put as a blob');
  return ref.source.blob;
}
