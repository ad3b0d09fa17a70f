import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import { fail, type Outcome } from '../domain/outcome.ts';
import { leaseId } from './agent-subject.contract.ts';
import type { GiveItem } from './pool-task.ts';
import { openLane, type Lane, type SpawnLane } from './lane.ts';
import type { LaneAnswer, LaneTask } from './lane-message.ts';

// Lanes whose workers do not do what they should: each a real thread with a script of its own.

const SURVEY = `{ ok: true, value: { primitives: { relu: 'wasm' }, conformance: [], webgpu: null } }`;
const OPENS = `const { parentPort } = require('node:worker_threads');
parentPort.on('message', (request) => {
  if (request.kind === 'open') parentPort.postMessage({ kind: 'opened', survey: ${SURVEY} });
  if (request.kind === 'run') run(request);
});`;

const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

function spawning(script: string): SpawnLane {
  return ({ answered, died }) => {
    const worker = new Worker(script, { eval: true });
    workers.push(worker);
    worker.on('message', (answer: LaneAnswer) => answered(answer));
    worker.on('error', (cause: Error) => died(cause.message));
    worker.on('exit', (code) => died(`code ${code}`));
    return {
      post: (request, moved) => worker.postMessage(request, [...moved]),
      terminate: () => void worker.terminate(),
    };
  };
}

const never = new AbortController().signal;
const giveNothing: GiveItem = async () => fail(failure('block_unknown', 'nothing is held here'));

function open(script: string, timeoutMs = 10_000): Promise<Outcome<Lane>> {
  const options = { give: giveNothing, backend: 'wasm', survey: null } as const;
  return openLane({
    ...options,
    broken: [],
    cacheBytes: 0,
    spawn: spawning(script),
    timeoutMs,
    signal: never,
  });
}

async function opened(run: string): Promise<Lane> {
  const lane = await open(`${OPENS} function run(request) { ${run} }`);
  if (!lane.ok) throw new Error(lane.failure.message);
  return lane.value;
}

const TASK: LaneTask = {
  work: {
    program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
    inputs: [],
    outputs: [],
  },
  rows: { start: 0, end: 1 },
  inputs: [],
};
const run = (lane: Lane, until: { signal?: AbortSignal; timeoutMs?: number } = {}) =>
  lane.run(
    { lease: leaseId(0), task: TASK, onProgress: () => {}, onGpuFailed: () => {} },
    { signal: never, timeoutMs: 10_000, mayMove: true, ...until },
  );

describe('opening a lane', () => {
  it('fails where its worker throws', async () => {
    const lane = await open(`throw new Error('no kernels')`);
    expect(lane).toMatchObject({ ok: false, failure: { code: 'execution_failed' } });
    expect(JSON.stringify(lane)).toContain('no kernels');
  });

  it('fails where its worker says nothing in time', async () => {
    const lane = await open(`setInterval(() => {}, 1000)`, 50);
    expect(lane).toMatchObject({ ok: false, failure: { code: 'timeout' } });
  });
});

describe('a lane', () => {
  it('whose worker dies fails its task and is dead', async () => {
    const lane = await opened(`process.exit(3)`);
    const result = await run(lane);
    expect(result).toMatchObject({ outputs: { failure: { code: 'execution_failed' } } });
    expect(result.backend).toBe('wasm');
    expect(lane.isDead).toBe(true);
  });

  it('whose worker hangs is stopped when its time is over', async () => {
    const lane = await opened(`for (;;);`);
    const result = await run(lane, { timeoutMs: 50 });
    expect(result).toMatchObject({ outputs: { failure: { code: 'timeout' } } });
    expect(lane.isDead).toBe(true);
  });

  it('whose worker hangs is stopped by an abort', async () => {
    const lane = await opened(`for (;;);`);
    const stop = new AbortController();
    const running = run(lane, { signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ outputs: { failure: { code: 'canceled' } } });
    expect(lane.isDead).toBe(true);
  });

  it('that is dead runs nothing any more', async () => {
    const lane = await opened(`for (;;);`);
    lane.terminate();
    expect(await run(lane)).toMatchObject({ outputs: { failure: { code: 'canceled' } } });
  });

  it('remembers that its GPU got lost', async () => {
    const lane = await opened(`parentPort.postMessage({ kind: 'gpu-lost' });
      const outputs = { ok: true, value: [] };
      parentPort.postMessage({ kind: 'ran', outputs, computeMs: 1, backend: 'wasm' });`);
    expect((await run(lane)).outputs.ok).toBe(true);
    expect(lane.lostGpu).toBe(true);
  });
});
