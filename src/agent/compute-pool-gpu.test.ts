import { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import type { ContentId } from '../domain/ids.ts';
import { fail } from '../domain/outcome.ts';
import { leaseId } from './agent-subject.contract.ts';
import { computePool, type ComputePool } from './compute-pool.ts';
import type { SpawnLane } from './lane.ts';
import type { LaneAnswer, LaneTask } from './lane-message.ts';

// What becomes of tasks when a GPU fails under them. The lanes are real threads with a script in
// place of kernels, because no GPU fails on demand.

const REPORTS = `[{ primitive: 'relu', backend: 'webgpu', passed: true, detail: '' },
  { primitive: 'relu', backend: 'wasm', passed: true, detail: '' }]`;

/** `failsWith(count)` says with what the lane opened as the count-th fails on the GPU, if at all. */
function spawning(failsWith: (count: number) => string | null): {
  spawn: SpawnLane;
  opened: string[];
  moved: number[];
} {
  const opened: string[] = [];
  const moved: number[] = [];
  const spawn: SpawnLane = ({ answered, died }) => {
    const code = failsWith(workers.length);
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const primitives = { relu: 'webgpu', 'model.run': 'webgpu' };
       let survey = { primitives, conformance: ${REPORTS}, webgpu: null };
       parentPort.on('message', (request) => {
         if (request.kind === 'open') {
           survey = request.survey ?? survey;
           for (const { primitive } of request.broken) survey.primitives[primitive] = 'wasm';
           parentPort.postMessage({ kind: 'opened', survey: { ok: true, value: survey } });
           return;
         }
         const isModel = request.work.program.kind === 'model';
         const backend = survey.primitives[isModel ? 'model.run' : 'relu'];
         const failure = { code: ${JSON.stringify(code)}, message: 'as the test wants it' };
         const outputs = failure.code === null || backend === 'wasm'
           ? { ok: true, value: [] } : { ok: false, failure };
         parentPort.postMessage({ kind: 'ran', outputs, computeMs: 1, backend });
       });`,
      { eval: true },
    );
    workers.push(worker);
    worker.on('message', (answer: LaneAnswer) => answered(answer));
    worker.on('exit', (exitCode) => died(`code ${exitCode}`));
    return {
      post: (request, buffers) => {
        if (request.kind === 'open') opened.push(request.survey?.primitives.relu ?? 'unknown');
        if (request.kind === 'run') moved.push(buffers.length);
        worker.postMessage(request, [...buffers]);
      },
      terminate: () => void worker.terminate(),
    };
  };
  return { spawn, opened, moved };
}

const workers: Worker[] = [];
const pools: ComputePool[] = [];
afterEach(async () => {
  pools.splice(0).forEach((pool) => pool.close());
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

const never = new AbortController().signal;
const task = (): LaneTask => ({
  work: {
    program: { kind: 'graph', nodes: [{ operator: 'relu', inputs: ['x'], output: 'y' }] },
    inputs: [],
    outputs: [],
  },
  rows: { start: 0, end: 1 },
  inputs: [{ dtype: 'uint8', shape: [1, 3], bytes: new Uint8Array(3) }],
});

async function poolOf(spawn: SpawnLane): Promise<ComputePool> {
  const give = async () => fail(failure('block_unknown', 'nothing is held here'));
  const pool = computePool(spawn);
  pools.push(pool);
  const limits = { lanes: 1, memoryBytes: 1024, backend: 'webgpu' } as const;
  await pool.open({ limits, give, onBroken: () => {} }, never);
  return pool;
}

const modelTask = (): LaneTask => {
  // Never fetched: the lane is a script.
  const model = { blob: 'a model' as ContentId<'blob'>, byteLength: 1 };
  const program = { kind: 'model', model, fixedBatch: null, inputTypes: {} } as const;
  return { ...task(), work: { program, inputs: [], outputs: [] } };
};

const run = (pool: ComputePool, of = task()) =>
  pool.run({ lease: leaseId(0), task: of, onProgress: () => {}, onGpuFailed: () => {} }, never);

it('computes a task again on a fresh device when the GPU got lost once', async () => {
  const { spawn, opened } = spawning((count) => (count === 0 ? 'device_lost' : null));
  const pool = await poolOf(spawn);
  expect(await run(pool)).toMatchObject({ outputs: { ok: true }, backend: 'webgpu' });
  expect(opened).toEqual(['unknown', 'unknown']);
});

it('computes in WASM from then on when the GPU got lost twice', async () => {
  const { spawn, opened } = spawning(() => 'device_lost');
  const pool = await poolOf(spawn);
  expect(await run(pool)).toMatchObject({ outputs: { ok: true }, backend: 'wasm' });
  expect(await run(pool)).toMatchObject({ outputs: { ok: true }, backend: 'wasm' });
  expect(opened).toEqual(['unknown', 'unknown', 'wasm']);
});

it('tells what the device computes without the GPU that it gave up, and why', async () => {
  const { spawn } = spawning(() => 'device_lost');
  const pool = await poolOf(spawn);
  expect(pool.survey()).toMatchObject({ primitives: { relu: 'webgpu', 'model.run': 'webgpu' } });
  await run(pool);
  expect(pool.survey()).toMatchObject({ primitives: { relu: 'wasm', 'model.run': 'wasm' } });
  expect(pool.survey()?.conformance).toEqual([
    { primitive: 'relu', backend: 'webgpu', passed: false, detail: 'as the test wants it' },
    { primitive: 'relu', backend: 'wasm', passed: true, detail: '' },
    { primitive: 'model.run', backend: 'webgpu', passed: false, detail: 'as the test wants it' },
  ]);
});

it('computes models alone in WASM where the GPU gets only them wrong', async () => {
  const { spawn } = spawning((count) => (count === 0 ? 'conformance_failed' : null));
  const pool = await poolOf(spawn);
  expect(await run(pool, modelTask())).toMatchObject({ outputs: { ok: true }, backend: 'wasm' });
  expect(pool.survey()).toMatchObject({ primitives: { relu: 'webgpu', 'model.run': 'wasm' } });
});

it("does not blame the GPU for a task's own faults", async () => {
  const { spawn, opened } = spawning(() => 'shape_mismatch');
  const pool = await poolOf(spawn);
  expect(await run(pool)).toMatchObject({ outputs: { failure: { code: 'shape_mismatch' } } });
  expect(opened).toEqual(['unknown']);
});

it('keeps the inputs while a GPU may yet fail, and moves them where none computes', async () => {
  const { spawn, moved } = spawning(() => 'device_lost');
  const pool = await poolOf(spawn);
  expect(await run(pool)).toMatchObject({ outputs: { ok: true }, backend: 'wasm' });
  expect(moved).toEqual([0, 0, 1]);
});
