import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { failure } from '../domain/failure.ts';
import { TASK_RUN_MS_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { PRIMITIVES } from '../domain/operator.ts';
import type { Tensor } from '../domain/tensor.ts';
import type { BlobRef, StageWork } from '../domain/work.ts';
import { describeBlob } from '../integrity/index.ts';
import type { AgentLimits } from './agent-event.ts';
import { leaseId } from './agent-subject.contract.ts';
import { computePool, type ComputePool } from './compute-pool.ts';
import type { GiveItem } from './pool-task.ts';
import type { LaneProgress, LaneTask } from './lane-message.ts';
import { spawnNodeLane } from './native/spawn-lane.ts';

const MNIST = '../shared/models/mnist.onnx';
const LIMITS: AgentLimits = { lanes: 2, memoryBytes: 256 * 1024 * 1024, backend: 'wasm' };
const never = new AbortController().signal;
const giveNothing: GiveItem = async () => fail(failure('block_unknown', 'nothing is held here'));
const onBroken = () => {};
const NOTHING_GIVEN = { limits: LIMITS, give: giveNothing, onBroken };

const pools: ComputePool[] = [];
afterEach(() => pools.splice(0).forEach((pool) => pool.close()));

function newPool(): ComputePool {
  const pool = computePool(spawnNodeLane);
  pools.push(pool);
  return pool;
}

async function openPool(give: GiveItem, lanes = 2): Promise<ComputePool> {
  const pool = newPool();
  valueOf(await pool.open({ limits: { ...LIMITS, lanes }, give, onBroken }, never));
  return pool;
}

function floats(shape: readonly number[], at: (index: number) => number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, (_, index) => at(index));
  return { dtype: 'float32', shape, bytes: new Uint8Array(values.buffer) };
}

function graphTask(rows: number, columns: number): LaneTask {
  const source = { kind: 'inline', bytes: new Uint8Array() } as const;
  const work: StageWork = {
    program: {
      kind: 'graph',
      nodes: [
        { operator: 'relu', inputs: ['x'], output: 'positive' },
        { operator: 'reduce-sum', inputs: ['positive'], output: 'sum', axis: 1 },
      ],
    },
    inputs: [
      { name: 'x', cut: 'rows', tensor: { dtype: 'float32', shape: [rows, columns], source } },
    ],
    outputs: [{ name: 'sum', dtype: 'float32', rowShape: [1] }],
  };
  const inputs = [floats([rows, columns], (index) => (index % 2 === 0 ? 1 : -1))];
  return { work, rows: { start: 0, end: rows }, inputs };
}

/** Takes minutes: matrix products of 4096 x 4096 x 4096, one behind the other. */
function longTask(): LaneTask {
  const source = { kind: 'inline', bytes: new Uint8Array() } as const;
  const size = 4096;
  const shape = [size, size];
  const nodes = Array.from({ length: 50 }, (_, index) => ({
    operator: 'matmul' as const,
    inputs: [index === 0 ? 'x' : `y${index - 1}`, 'w'],
    output: `y${index}`,
  }));
  const work: StageWork = {
    program: { kind: 'graph', nodes },
    inputs: [
      { name: 'x', cut: 'rows', tensor: { dtype: 'float32', shape, source } },
      { name: 'w', cut: 'whole', tensor: { dtype: 'float32', shape, source } },
    ],
    outputs: [{ name: 'y49', dtype: 'float32', rowShape: [size] }],
  };
  const zeros = floats(shape, () => 0);
  return { work, rows: { start: 0, end: size }, inputs: [zeros, zeros] };
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

function numbersOf(tensor: Tensor | undefined): number[] {
  return [...new Float32Array(new Uint8Array(tensor?.bytes ?? []).buffer)];
}

describe('a pool of lanes in threads', () => {
  it('finds every operator right in WASM, and says where models run', async () => {
    const survey = valueOf(await newPool().open(NOTHING_GIVEN, never));
    expect(survey.primitives.matmul).toBe('wasm');
    expect(Object.keys(survey.primitives).toSorted()).toEqual(PRIMITIVES.toSorted());
    expect(survey.primitives['model.run']).toBe('native');
    expect(survey.conformance.every(({ passed }) => passed)).toBe(true);
    expect(survey.webgpu).toBeNull();
  });

  it('computes tasks in both lanes at once and tells when computing begins', async () => {
    const pool = await openPool(giveNothing);
    const told: LaneProgress[] = [];
    const run = () => ({
      lease: leaseId(0),
      task: graphTask(3, 8),
      onProgress: (progress: LaneProgress) => told.push(progress),
      onGpuFailed: () => {},
    });
    const results = await Promise.all([pool.run(run(), never), pool.run(run(), never)]);
    for (const { outputs, backend } of results) {
      expect(backend).toBe('wasm');
      expect(numbersOf(valueOf(outputs)[0])).toEqual([4, 4, 4]);
    }
    expect(told.filter(({ rowsDone }) => rowsDone === 0)).toHaveLength(2);
  });

  it('stops a computation at once when aborted, and computes the next in a fresh lane', async () => {
    const pool = await openPool(giveNothing, 1);
    const stop = new AbortController();
    const ran = await pool.run(
      {
        lease: leaseId(0),
        task: longTask(),
        onProgress: () => stop.abort(),
        onGpuFailed: () => {},
      },
      stop.signal,
    );
    expect(ran.outputs).toMatchObject({ ok: false, failure: { code: 'canceled' } });
    const next = await pool.run(
      { lease: leaseId(0), task: graphTask(1, 4), onProgress: () => {}, onGpuFailed: () => {} },
      never,
    );
    expect(numbersOf(valueOf(next.outputs)[0])).toEqual([2]);
  });

  it('ends a task that runs for TASK_RUN_MS_MAX, and computes the next', async () => {
    const pool = await openPool(giveNothing);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let isOver = false;
    const onProgress = ({ rowsDone }: LaneProgress): void => {
      if (rowsDone > 0) return;
      // The lane has begun its time anew by now: what it loads has as long again.
      vi.advanceTimersByTime(TASK_RUN_MS_MAX - 1);
      setImmediate(() => {
        expect(isOver).toBe(false);
        vi.advanceTimersByTime(1);
      });
    };
    const run = { lease: leaseId(0), task: longTask(), onProgress, onGpuFailed: () => {} };
    const running = pool.run(run, never);
    void running.finally(() => (isOver = true));
    const { outputs } = await running;
    expect(outputs).toMatchObject({ ok: false, failure: { code: 'timeout' } });
    const next = await pool.run(
      { lease: leaseId(0), task: graphTask(1, 4), onProgress: () => {}, onGpuFailed: () => {} },
      never,
    );
    expect(numbersOf(valueOf(next.outputs)[0])).toEqual([2]);
  });

  it('stops everything when closed', async () => {
    const pool = await openPool(giveNothing);
    const ran = await pool.run(
      {
        lease: leaseId(0),
        task: longTask(),
        onProgress: () => pool.close(),
        onGpuFailed: () => {},
      },
      never,
    );
    expect(ran.outputs).toMatchObject({ ok: false, failure: { code: 'canceled' } });
  });

  it('gives up opening when aborted', async () => {
    const opened = await newPool().open(NOTHING_GIVEN, AbortSignal.abort());
    expect(opened).toMatchObject({ ok: false, failure: { code: 'canceled' } });
  });

  it('reports what a task lacks as its failure', async () => {
    const pool = await openPool(giveNothing);
    const { ref } = await describeBlob(new Uint8Array([1, 2, 3]));
    const ran = await pool.run(
      { lease: leaseId(0), task: modelTask(ref), onProgress: () => {}, onGpuFailed: () => {} },
      never,
    );
    expect(ran.outputs).toMatchObject({ ok: false, failure: { code: 'block_unknown' } });
  });

  it('reports a model that does not parse as its failure, and stays usable', async () => {
    const pool = await openPool(async () => succeed(new Uint8Array([1, 2, 3])));
    const { ref } = await describeBlob(new Uint8Array([1, 2, 3]));
    const ran = await pool.run(
      { lease: leaseId(0), task: modelTask(ref), onProgress: () => {}, onGpuFailed: () => {} },
      never,
    );
    expect(ran.outputs).toMatchObject({ ok: false, failure: { code: 'input_malformed' } });
    const next = await pool.run(
      { lease: leaseId(0), task: graphTask(1, 4), onProgress: () => {}, onGpuFailed: () => {} },
      never,
    );
    expect(next.outputs.ok).toBe(true);
  });
});

describe.skipIf(!existsSync(MNIST))('models in lanes (skipped: no ../shared)', () => {
  it('asks for a model once a lane, and computes like ONNX Runtime alone', async () => {
    const bytes = new Uint8Array(readFileSync(MNIST));
    const { ref } = await describeBlob(bytes);
    const asked: string[] = [];
    const pool = await openPool(async (item) => {
      asked.push(item.kind);
      return succeed(bytes.slice());
    }, 1);
    const run = () => ({
      lease: leaseId(0),
      task: modelTask(ref),
      onProgress: () => {},
      onGpuFailed: () => {},
    });
    const [first, second] = [await pool.run(run(), never), await pool.run(run(), never)];
    expect(first.backend).toBe('native');
    expect(valueOf(first.outputs)[0]?.shape).toEqual([2, 10]);
    expect(numbersOf(valueOf(first.outputs)[0])).toEqual(numbersOf(valueOf(second.outputs)[0]));
    expect(asked).toEqual(['model']);
  });
});

function modelTask(model: BlobRef): LaneTask {
  const source = { kind: 'inline', bytes: new Uint8Array() } as const;
  const work: StageWork = {
    program: { kind: 'model', model, fixedBatch: 1, inputTypes: {} },
    inputs: [
      { name: 'Input3', cut: 'rows', tensor: { dtype: 'float32', shape: [2, 1, 28, 28], source } },
    ],
    outputs: [{ name: 'Plus214_Output_0', dtype: 'float32', rowShape: [10] }],
  };
  const inputs = [floats([2, 1, 28, 28], (index) => index % 256)];
  return { work, rows: { start: 0, end: 2 }, inputs };
}
