import { afterEach, describe, expect, it } from 'vitest';
import { failure } from '../domain/failure.ts';
import { SPOT_MS, SPOT_TASKS_MAX, SURVEY_MS } from '../domain/limits.ts';
import { fail } from '../domain/outcome.ts';
import type { OperatorName } from '../domain/operator.ts';
import type { AgentLimits, BrokenBackends } from './agent-event.ts';
import { leaseId } from './agent-subject.contract.ts';
import { computePool, type ComputePool } from './compute-pool.ts';
import { failingDevice, type FailingDevice } from './failing-backends.contract.ts';
import type { LaneResult, LaneTask } from './lane-message.ts';

const never = new AbortController().signal;
const LIMITS: AgentLimits = { lanes: 1, memoryBytes: 2 ** 28, backend: 'webgpu' };

const pools: ComputePool[] = [];
afterEach(() => pools.splice(0).forEach((pool) => pool.close()));

/** A pool on a device that can be made to fail, with a clock of its own. */
class Bench {
  readonly device: FailingDevice = failingDevice();
  readonly told: BrokenBackends[] = [];
  readonly pool: ComputePool;
  nowMs = 0;
  #leases = 0;

  constructor() {
    this.pool = computePool(this.device.spawn, { nowMs: () => this.nowMs });
    pools.push(this.pool);
  }

  async open(): Promise<void> {
    const give = async () => fail(failure('block_unknown', 'nothing is held here'));
    const onBroken = (broken: BrokenBackends): void => void this.told.push(broken);
    const survey = await this.pool.open({ limits: LIMITS, give, onBroken }, never);
    if (!survey.ok) throw new Error(survey.failure.message);
  }

  run(operator: OperatorName = 'relu'): Promise<LaneResult> {
    const lease = leaseId(this.#leases++);
    const given = { lease, task: taskOf(operator), onProgress: () => {}, onGpuFailed: () => {} };
    return this.pool.run(given, never);
  }

  /** What ran the vectors, tasks and spot vectors since this was asked last. */
  asked(): string[] {
    return this.device.asked.splice(0);
  }
}

async function opened(): Promise<Bench> {
  const bench = new Bench();
  await bench.open();
  bench.asked();
  return bench;
}

function taskOf(operator: OperatorName): LaneTask {
  const source = { kind: 'inline', bytes: new Uint8Array() } as const;
  const x = { dtype: 'float32', shape: [1, 2] } as const;
  return {
    work: {
      program: { kind: 'graph', nodes: [{ operator, inputs: ['x'], output: 'y' }] },
      inputs: [{ name: 'x', cut: 'rows', tensor: { ...x, source } }],
      outputs: [{ name: 'y', dtype: 'float32', rowShape: [2] }],
    },
    rows: { start: 0, end: 1 },
    inputs: [{ ...x, bytes: new Uint8Array(new Float32Array([1, 2]).buffer) }],
  };
}

const RIGHT = { outputs: { ok: true } } as const;

describe('a pool', () => {
  it('runs the vectors when it opens, and passes over what fails them', async () => {
    const bench = new Bench();
    bench.device.faults.webgpu.add('tanh');
    await bench.open();
    expect(bench.asked()).toEqual(['vectors']);
    expect(bench.pool.survey()?.primitives).toMatchObject({ tanh: 'wasm', relu: 'webgpu' });
    expect(await bench.run('tanh')).toMatchObject({ ...RIGHT, backend: 'wasm' });
    expect(bench.told).toEqual([]);
  });

  it.each([
    ['believes them when it opens again', SURVEY_MS - 1, 'a GPU, driver 1', ['open']],
    ['runs them again when they are old', SURVEY_MS, 'a GPU, driver 1', ['vectors']],
  ])('%s', async (_, afterMs, adapter, asked) => {
    const bench = await opened();
    bench.nowMs = afterMs;
    bench.device.faults.adapter = adapter;
    await bench.open();
    expect(bench.asked()).toEqual(asked);
  });

  it('runs them again when the driver is another, and uses what that computes rightly', async () => {
    const bench = await opened();
    bench.device.faults.adapter = 'a GPU, driver 2';
    bench.device.faults.webgpu.add('exp');
    await bench.open();
    expect(bench.pool.survey()?.primitives).toMatchObject({ exp: 'wasm', relu: 'webgpu' });
    expect(bench.pool.survey()?.webgpu?.adapter).toBe('a GPU, driver 2');
  });
});

describe('a backend in use', () => {
  it.each([
    ['is not tried again too soon', SPOT_MS - 1, ['run']],
    ['is tried again on a vector after SPOT_MS', SPOT_MS, ['run', 'spot']],
  ])('%s', async (_, afterMs, asked) => {
    const bench = await opened();
    bench.nowMs = afterMs;
    expect(await bench.run()).toMatchObject({ ...RIGHT, backend: 'webgpu' });
    expect(bench.asked()).toEqual(asked);
  });

  it('is tried again after SPOT_TASKS_MAX tasks, and then has as many again', async () => {
    const bench = await opened();
    for (let count = 0; count < 2 * SPOT_TASKS_MAX - 1; count++) await bench.run();
    const spots = bench.asked().flatMap((kind, index) => (kind === 'spot' ? [index] : []));
    expect(spots).toEqual([SPOT_TASKS_MAX]);
  });

  it('that breaks falls back before its result is used, and names the results before it', async () => {
    const bench = await opened();
    for (let count = 0; count < 3; count++) await bench.run();
    bench.device.faults.webgpu.add('relu');
    const wrong = await bench.run();
    expect(wrong).toMatchObject({ ...RIGHT, backend: 'webgpu' });
    bench.nowMs = SPOT_MS;
    const last = await bench.run();
    expect(last).toMatchObject({ ...RIGHT, backend: 'wasm' });
    expect(numbersOf(last)).toEqual([1, 2]);
    expect(bench.told).toHaveLength(1);
    expect(bench.told[0]?.failed).toMatchObject([{ primitive: 'relu', backend: 'webgpu' }]);
    // The last one is not among them: it was computed again.
    expect(bench.told[0]?.suspects).toEqual([0, 1, 2, 3].map(leaseId));
    expect(bench.pool.survey()?.primitives).toMatchObject({ relu: 'wasm', exp: 'webgpu' });
  });

  it('stays passed over when its vectors pass again', async () => {
    const bench = await opened();
    bench.device.faults.webgpu.add('relu');
    bench.nowMs = SPOT_MS;
    await bench.run();
    bench.device.faults.webgpu.clear();
    await bench.open();
    expect(bench.asked().at(-1)).toBe('open');
    bench.nowMs += SURVEY_MS;
    await bench.open();
    expect(bench.asked()).toEqual(['vectors']);
    expect(bench.pool.survey()?.primitives).toMatchObject({ relu: 'wasm' });
  });

  it('has everything tried again where one operator broke', async () => {
    const bench = await opened();
    bench.device.faults.webgpu.add('relu').add('exp');
    bench.nowMs = SPOT_MS;
    await bench.run();
    expect(bench.asked()).toEqual(['run', 'spot', 'vectors', 'run']);
    expect(bench.pool.survey()?.primitives).toMatchObject({ relu: 'wasm', exp: 'wasm' });
  });

  it('does not doubt what was proven before it broke', async () => {
    const bench = await opened();
    await bench.run();
    bench.nowMs = SPOT_MS;
    await bench.run();
    bench.device.faults.webgpu.add('relu');
    bench.nowMs = 2 * SPOT_MS;
    await bench.run();
    expect(bench.told[0]?.suspects).toEqual([]);
  });

  it('that is the last one hands its task back', async () => {
    const bench = await opened();
    bench.device.faults.webgpu.add('relu');
    bench.device.faults.wasm.add('relu');
    bench.nowMs = SPOT_MS;
    const failed = { ok: false, failure: { code: 'operator_unsupported' } };
    expect(await bench.run()).toMatchObject({ outputs: failed });
    expect(bench.pool.survey()?.primitives).not.toHaveProperty('relu');
  });
});

describe('trying all vectors again', () => {
  it('finds nothing on a device that is right', async () => {
    const bench = await opened();
    const tried = await bench.pool.tryAgain(never);
    expect(tried.ok && tried.value.conformance.every(({ passed }) => passed)).toBe(true);
    expect(bench.asked()).toEqual(['vectors']);
    expect(bench.told).toEqual([]);
  });

  it('finds what broke, and falls back', async () => {
    const bench = await opened();
    await bench.run();
    bench.device.faults.webgpu.add('log');
    const tried = await bench.pool.tryAgain(never);
    expect(tried).toMatchObject({ value: { primitives: { log: 'wasm', relu: 'webgpu' } } });
    expect(bench.told[0]?.failed).toMatchObject([{ primitive: 'log', backend: 'webgpu' }]);
    expect(bench.told[0]?.suspects).toEqual([leaseId(0)]);
  });
});

function numbersOf({ outputs }: LaneResult): number[] {
  const bytes = outputs.ok ? outputs.value[0]?.bytes : undefined;
  return [...new Float32Array(new Uint8Array(bytes ?? []).buffer)];
}
