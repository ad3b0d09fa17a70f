import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseContentId } from '../../domain/ids.ts';
import type { InferenceSpec } from '../../domain/job.ts';
import { randomStream } from '../../domain/random.ts';
import type { Tensor } from '../../domain/tensor.ts';
import {
  openNodeModelRunner,
  openWebModelRunner,
  type ModelRunner,
  type ModelSession,
} from '../../kernels/index.ts';
import { MODEL_TOLERANCE } from '../../validation/index.ts';
import { checkByCompare, checkByRecompute } from '../check.ts';
import { executeTask } from '../execute.ts';
import { firstDifferentRow } from '../row-difference.ts';
import {
  float32,
  MemoryTensors,
  CHECKING,
  REFERENCE_KERNELS,
  runJob,
  runTask,
  valueOf,
} from '../run-job.contract.ts';
import { taskInputs } from '../row-slice.ts';
import { probeModel } from './probe-model.ts';

const SHARED = '../shared';
const here = existsSync(`${SHARED}/models/mnist.onnx`);
const file = (name: string) => new Uint8Array(here ? readFileSync(`${SHARED}/${name}`) : []);

let native: ModelRunner;
let web: ModelRunner;

beforeAll(async () => {
  native = valueOf(await openNodeModelRunner({ threads: 1 }));
  web = valueOf(await openWebModelRunner({ backend: 'wasm', wasmPaths: null }));
});

describe.skipIf(!here)('mnist, whose batch is fixed at 1 (skipped: no ../shared)', () => {
  const images = npyBody(file('data/mnist-test-images.npy'));
  const labels = npyBody(file('data/mnist-test-labels.npy'));

  it('computes the 10,000 digits in tasks, 9,891 of them right, as the model run row by row', async () => {
    const session = valueOf(await native.load(file('models/mnist.onnx')));
    const { job, store } = await mnistJob(session, { rowCount: 10_000, rowsPerTask: 777 });
    const digits = job.outputs.get('Plus214_Output_0');
    expect(digits).toMatchObject({ dtype: 'float32', shape: [10_000, 10] });
    const scores = floatsOf(digits);
    let right = 0;
    for (let row = 0; row < 10_000; row++) {
      const best = largest(scores.subarray(row * 10, row * 10 + 10));
      if (best === labels[row]) right += 1;
    }
    expect(right).toBe(9_891);
    expect(scores.subarray(0, 1000)).toEqual(await oneByOne(session, { rowCount: 100 }));
    expect(store.readBytes).toBeLessThan(2 * 7_840_000);
  }, 60_000);

  it.each([1, 7, 100, null])(
    'in WASM equals native within tolerance, in tasks of %s rows',
    async (rowsPerTask) => {
      const session = valueOf(await web.load(file('models/mnist.onnx')));
      const { job } = await mnistJob(session, { rowCount: 100, rowsPerTask });
      const expected = valueOf(await native.load(file('models/mnist.onnx')));
      const difference = firstDifferentRow({
        expected: float32([100, 10], await oneByOne(expected, { rowCount: 100 })),
        actual: job.outputs.get('Plus214_Output_0') ?? float32([0], []),
        tolerance: MODEL_TOLERANCE,
        times: 1,
      });
      expect(difference).toBeNull();
    },
  );

  it('plans a loop over casts to float32, and says what a task needs', async () => {
    const session = valueOf(await native.load(file('models/mnist.onnx')));
    const { job } = await mnistJob(session, { rowCount: 1000, rowsPerTask: null });
    const [stage] = job.plan.stages;
    expect(stage?.program).toMatchObject({ fixedBatch: 1, inputTypes: { Input3: 'float32' } });
    expect(stage?.requirement.primitives).toEqual(['model.run']);
    // The model in memory, and ONNX Runtime beside it.
    expect(stage?.requirement.memoryBytes).toBeGreaterThan(3 * 26_454);
  });

  const LIES: readonly [string, (scores: Float32Array) => unknown][] = [
    ['one element changed', (scores) => (scores[123] = (scores[123] ?? 0) + 100)],
    ['one NaN', (scores) => (scores[5] = NaN)],
    ['all scaled', (scores) => scores.forEach((x, index) => (scores[index] = x * 1.01))],
    ['another row', (scores) => scores.copyWithin(10, 0, 10)],
  ];

  it.each(LIES)('a WASM liar is told from an honest WASM agent: %s', async (_, lie) => {
    const checker = valueOf(await native.load(file('models/mnist.onnx')));
    const session = valueOf(await web.load(file('models/mnist.onnx')));
    const { job, store } = await mnistJob(session, { rowCount: 40, rowsPerTask: 20 });
    const stage = first(job.stages);
    const rows = { start: 20, end: 40 };
    const output = await runTask({ store, session }, { stage, rows });
    const tensor = valueOf(await store.read(first(output)));
    const scores = new Float32Array(tensor.bytes.slice().buffer);
    lie(scores);
    const lied = [store.put({ ...tensor, bytes: new Uint8Array(scores.buffer) })];
    const results = [
      { lease: 'liar', output: lied },
      { lease: 'honest', output },
    ];
    const by = { session: checker, random: randomStream(1, 'check'), ...CHECKING };
    const task = { work: stage.work, rows, read: store.read, results, ...by };
    const recomputed = valueOf(await checkByRecompute({ ...task, share: 1 }));
    expect(recomputed.accepted).toBe('honest');
    expect(recomputed.verdicts[0]?.verdict.kind).toBe('rejected');
    expect(valueOf(await checkByCompare(task))).toEqual(recomputed);
  });

  it('stops between rows when it is told to', async () => {
    const session = valueOf(await native.load(file('models/mnist.onnx')));
    const { job, store } = await mnistJob(session, { rowCount: 20, rowsPerTask: 20 });
    const { work } = first(job.stages);
    const inputs = new Map<string, Tensor>();
    const rows = { start: 0, end: 20 };
    for (const { name, ref } of taskInputs(work, rows))
      inputs.set(name, valueOf(await store.read(ref)));
    const abort = new AbortController();
    const done: number[] = [];
    const stopped = await executeTask({
      work,
      rows,
      inputs,
      session,
      kernelsFor: () => REFERENCE_KERNELS,
      signal: abort.signal,
      onRowsDone: (count) => {
        done.push(count);
        if (count === 3) abort.abort();
      },
    });
    expect(stopped).toMatchObject({ failure: { code: 'canceled' } });
    expect(done).toEqual([1, 2, 3]);
  });

  async function mnistJob(
    session: ModelSession,
    of: { rowCount: number; rowsPerTask: number | null },
  ) {
    const store = new MemoryTensors();
    const bytes = images.subarray(0, of.rowCount * 784);
    const tensor = store.put({ dtype: 'uint8', shape: [of.rowCount, 1, 28, 28], bytes });
    const workload = specOf({ byteLength: 26_454, inputs: [{ name: 'Input3', tensor }] });
    const facts = valueOf(
      await probeModel({
        spec: workload,
        session,
        read: store.read,
        nowMs: () => performance.now(),
      }),
    );
    const job = await runJob({ store, workload, facts, session, rowsPerTask: of.rowsPerTask });
    return { job, store };
  }

  async function oneByOne(session: ModelSession, { rowCount }: { rowCount: number }) {
    const scores = new Float32Array(rowCount * 10);
    for (let row = 0; row < rowCount; row++) {
      const image = float32([1, 1, 28, 28], images.subarray(row * 784, row * 784 + 784));
      const outputs = valueOf(await session.run(new Map([['Input3', image]])));
      scores.set(floatsOf(outputs.get('Plus214_Output_0')), row * 10);
    }
    return scores;
  }
});

describe.skipIf(!here)('ultraface, with two outputs (skipped: no ../shared)', () => {
  it('computes images in tasks and gives the output asked for, as the model alone', async () => {
    const session = valueOf(await native.load(file('models/ultraface-rfb-320.onnx')));
    const store = new MemoryTensors();
    const random = randomStream(2, 'images');
    const size = 3 * 240 * 320;
    const pixels = Float32Array.from({ length: 5 * size }, () => random.nextUnit() * 2 - 1);
    const tensor = store.put(float32([5, 3, 240, 320], pixels));
    const workload = specOf({ byteLength: 1_220_755, inputs: [{ name: 'input', tensor }] });
    const probe = { session, read: store.read, nowMs: () => performance.now() };
    const facts = valueOf(await probeModel({ spec: workload, ...probe }));
    const job = await runJob({ store, workload, facts, session, rowsPerTask: 2 });
    expect(job.outputs.get('scores')?.shape).toEqual([5, 4420, 2]);
    expect(job.outputs.get('boxes')?.shape).toEqual([5, 4420, 4]);
    const image = float32([1, 3, 240, 320], pixels.subarray(3 * size, 4 * size));
    const alone = valueOf(await session.run(new Map([['input', image]])));
    const boxes = floatsOf(job.outputs.get('boxes')).subarray(3 * 4420 * 4, 4 * 4420 * 4);
    expect(boxes).toEqual(floatsOf(alone.get('boxes')));
    const scoresOnly = await runJob({
      store,
      workload: { ...workload, outputs: ['scores'] },
      facts,
      session,
      rowsPerTask: 3,
    });
    expect([...scoresOnly.outputs.keys()]).toEqual(['scores']);
    expect(scoresOnly.outputs.get('scores')).toEqual(job.outputs.get('scores'));
  }, 60_000);
});

function specOf(of: { byteLength: number; inputs: InferenceSpec['inputs'] }): InferenceSpec {
  const blob = valueOf(parseContentId(`bafkrei${'m'.repeat(52)}`));
  const model = { blob, byteLength: of.byteLength };
  return { kind: 'inference', model, inputs: of.inputs, constants: [], outputs: [] };
}

/** The data behind the header of a .npy file, version 1. */
function npyBody(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(10 + (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0));
}

function first<T>([item]: readonly T[]): T {
  if (item === undefined) throw new Error('there is none');
  return item;
}

function floatsOf(tensor: Tensor | undefined): Float32Array {
  return new Float32Array(tensor?.bytes.slice().buffer ?? new ArrayBuffer());
}

function largest(values: Float32Array): number {
  return values.indexOf(Math.max(...values));
}
