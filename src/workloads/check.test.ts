import { beforeAll, describe, expect, it } from 'vitest';
import { USUAL_TERMS, type OperatorsSpec } from '../domain/job.ts';
import { randomStream } from '../domain/random.ts';
import type { RowRange, TensorRef } from '../domain/tensor.ts';
import type { TaskOutput } from '../domain/work.ts';
import { openWasmKernels, type Kernels } from '../kernels/index.ts';
import { checkByCompare, checkByRecompute } from './check.ts';
import { float32, MemoryTensors, CHECKING, runTask, valueOf } from './run-job.contract.ts';
import { planJob, planStage, type PlannedStage } from './workload.ts';

const rows: RowRange = { start: 10, end: 30 };
/** Too short for the product to be reported beside the outputs. */
const INNER = 48;
const store = new MemoryTensors();
const random = () => randomStream(1, 'check');
let stage: PlannedStage;
let kernels: Kernels;
let honest: TaskOutput;

beforeAll(async () => {
  kernels = valueOf(await openWasmKernels());
  const workload: OperatorsSpec = {
    kind: 'operators',
    inputs: [
      { name: 'x', tensor: store.put(float32([40, INNER], numbers(40 * INNER, 1))) },
      { name: 'w', tensor: store.put(float32([INNER, 8], numbers(INNER * 8, 2))) },
    ],
    nodes: [
      { operator: 'matmul', inputs: ['x', 'w'], output: 'product' },
      { operator: 'tanh', inputs: ['product'], output: 'y' },
      { operator: 'reduce-sum', inputs: ['y'], output: 'sums', axis: 1 },
    ],
    outputs: ['y', 'sums'],
  };
  const spec = {
    ...USUAL_TERMS,
    name: 'check',
    workload,
    checking: { kind: 'adaptive' },
    rowsPerTask: 20,
  } as const;
  stage = valueOf(planStage(valueOf(planJob(spec, null)), { stage: 0, tensors: new Map() }));
  honest = await runTask({ store, kernels }, { stage, rows });
});

/** Ways of lying, each on the first or second output of the honest result. */
const LIES: readonly [string, (result: TaskOutput) => Promise<TaskOutput>][] = [
  ['one element changed', (result) => changed(result, (values) => (values[77] = 0.5))],
  [
    'one element a little changed',
    (result) => changed(result, (values) => (values[3] = (values[3] ?? 0) * 1.001)),
  ],
  ['the last element changed', (result) => changed(result, (values) => (values[159] = 9))],
  ['one NaN', (result) => changed(result, (values) => (values[20] = NaN))],
  ['one infinity', (result) => changed(result, (values) => (values[20] = Infinity))],
  [
    'all scaled',
    (result) => changed(result, (values) => values.forEach((x, i) => (values[i] = x * 1.01))),
  ],
  ['all zeros', (result) => changed(result, (values) => values.fill(0))],
  ['rows swapped', (result) => changed(result, (values) => values.copyWithin(0, 8, 16))],
  ['another shape', async (result) => withFirst(result, (first) => ({ ...first, shape: [8, 20] }))],
  ['another type', async (result) => withFirst(result, (first) => ({ ...first, dtype: 'int32' }))],
  ['rows too few', async (result) => withFirst(result, (first) => ({ ...first, shape: [19, 8] }))],
  ['bytes that are not there', async (result) => withFirst(result, outside)],
  ['an output too few', async (result) => result.slice(0, 1)],
];

describe('checkByRecompute', () => {
  it.each([0.01, 0.5, 1])('accepts an honest result, drawing a share of %d', async (share) => {
    const results = [{ lease: 'a', output: honest }];
    const judged = await checkByRecompute({ ...task(), results, share });
    expect(valueOf(judged)).toEqual({
      verdicts: [{ lease: 'a', verdict: { kind: 'accepted' } }],
      accepted: 'a',
      checks: ['structure', 'digest', 'recompute-rows'],
    });
  });

  it.each(LIES)('rejects %s when all rows are drawn', async (_, lie) => {
    const results = [{ lease: 'liar', output: await lie(honest) }];
    const judged = await checkByRecompute({ ...task(), results, share: 1 });
    expect(valueOf(judged)).toEqual({
      verdicts: [{ lease: 'liar', verdict: { kind: 'rejected', reason: expect.any(String) } }],
      accepted: null,
      checks: [],
    });
  });

  it('judges several results by the same rows, and uses the first that is right', async () => {
    const output = await changed(honest, (values) => values.fill(1));
    const results = [
      { lease: 'liar', output },
      { lease: 'b', output: honest },
      { lease: 'c', output: honest },
    ];
    const judged = await checkByRecompute({ ...task(), results, share: 0.3 });
    expect(valueOf(judged).accepted).toBe('b');
    expect(valueOf(judged).verdicts.map(({ verdict }) => verdict.kind)).toEqual([
      'rejected',
      'accepted',
      'accepted',
    ]);
  });

  it('names the output, the element and both numbers', async () => {
    const results = [{ lease: 'a', output: await changed(honest, (values) => (values[77] = 0.5)) }];
    const judged = await checkByRecompute({ ...task(), results, share: 1 });
    expect(valueOf(judged).verdicts[0]?.verdict).toMatchObject({
      reason: expect.stringMatching(/output "y": element 77 after row 10 is 0.5, recomputed -?\d/),
    });
  });

  it('catches one wrong row of twenty in about the share of rows drawn', async () => {
    const output = await changed(honest, (values) => (values[77] = 0.5));
    const results = [{ lease: 'a', output }];
    let caught = 0;
    for (let seed = 0; seed < 200; seed++) {
      const stream = randomStream(seed, 'check');
      const judged = await checkByRecompute({ ...task(), results, share: 0.25, random: stream });
      if (valueOf(judged).accepted === null) caught += 1;
    }
    // 50 expected, standard deviation 6.
    expect(caught).toBeGreaterThan(20);
    expect(caught).toBeLessThan(80);
  });

  it('reads only the drawn rows and what goes whole', async () => {
    const results = [{ lease: 'a', output: honest }];
    const before = store.readBytes;
    valueOf(await checkByRecompute({ ...task(), results, share: 0.05 }));
    // One row of x, all of w, one row of y, one sum.
    expect(store.readBytes - before).toBe(4 * (INNER + INNER * 8 + 8 + 1));
    valueOf(await checkByRecompute({ ...task(), results, share: 0.25 }));
    // However many rows are drawn, w is read once.
    expect(store.readBytes - before).toBe(
      4 * (INNER + INNER * 8 + 8 + 1 + 5 * (INNER + 8 + 1) + INNER * 8),
    );
  });

  it('judges nothing when an input cannot be read', async () => {
    const results = [{ lease: 'a', output: honest }];
    const read = new MemoryTensors().read;
    const judged = await checkByRecompute({ ...task(), read, results, share: 1 });
    expect(judged).toMatchObject({ ok: false });
  });
});

describe('checkByCompare', () => {
  it('accepts two results that agree without recomputing anything', async () => {
    const before = store.readBytes;
    const results = [
      { lease: 'a', output: honest },
      { lease: 'b', output: honest },
    ];
    const judged = await checkByCompare({ ...task(), results });
    expect(valueOf(judged)).toEqual({
      verdicts: [
        { lease: 'a', verdict: { kind: 'accepted' } },
        { lease: 'b', verdict: { kind: 'accepted' } },
      ],
      accepted: 'a',
      checks: ['structure', 'digest', 'finite-and-range', 'redundancy'],
    });
    expect(store.readBytes - before).toBe(2 * 4 * (20 * 8 + 20));
  });

  it('accepts the same numbers from the references, whose last bits differ', async () => {
    const output = await runTask({ store }, { stage, rows });
    const results = [
      { lease: 'a', output: honest },
      { lease: 'b', output },
    ];
    const judged = await checkByCompare({ ...task(), results });
    expect(valueOf(judged).verdicts.map(({ verdict }) => verdict.kind)).toEqual([
      'accepted',
      'accepted',
    ]);
  });

  it.each(LIES)('tells the liar from the honest agent: %s', async (_, lie) => {
    const liar = { lease: 'liar', output: await lie(honest) };
    const other = { lease: 'honest', output: honest };
    for (const results of [
      [liar, other],
      [other, liar],
    ]) {
      const judged = valueOf(await checkByCompare({ ...task(), results }));
      expect(judged.accepted).toBe('honest');
      expect(new Map(judged.verdicts.map(({ lease, verdict }) => [lease, verdict.kind]))).toEqual(
        new Map([
          ['honest', 'accepted'],
          ['liar', 'rejected'],
        ]),
      );
    }
  });

  it('accepts neither of two liars', async () => {
    const results = [
      { lease: 'a', output: await changed(honest, (values) => values.fill(1)) },
      { lease: 'b', output: await changed(honest, (values) => values.fill(2)) },
    ];
    expect(valueOf(await checkByCompare({ ...task(), results })).accepted).toBeNull();
  });
});

function task() {
  const by = { read: store.read, session: null, random: random(), ...CHECKING };
  return { work: stage.work, rows, ...by };
}

/** The result with its first output's numbers changed. */
async function changed(
  [first, ...others]: TaskOutput,
  change: (values: Float32Array) => unknown,
): Promise<TaskOutput> {
  if (!first) throw new Error('a result has outputs');
  const tensor = valueOf(await store.read(first));
  const values = new Float32Array(tensor.bytes.slice().buffer);
  change(values);
  return [store.put({ ...tensor, bytes: new Uint8Array(values.buffer) }), ...others];
}

function withFirst([first, ...others]: TaskOutput, change: (first: TensorRef) => TensorRef) {
  if (!first) throw new Error('a result has outputs');
  return [change(first), ...others];
}

function outside(ref: TensorRef): TensorRef {
  if (ref.source.kind !== 'blob') throw new Error('stored results are blobs');
  return { ...ref, source: { ...ref.source, byteOffset: 4 } };
}

function numbers(count: number, seed: number): number[] {
  const stream = randomStream(seed, 'numbers');
  return Array.from({ length: count }, () => stream.nextUnit() - 0.5);
}
