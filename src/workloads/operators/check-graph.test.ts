import { beforeAll, describe, expect, it } from 'vitest';
import { USUAL_TERMS, type OperatorsSpec } from '../../domain/job.ts';
import { randomStream, wideStream } from '../../domain/random.ts';
import type { RowRange, Tensor } from '../../domain/tensor.ts';
import type { TaskOutput } from '../../domain/work.ts';
import type { Kernels } from '../../kernels/index.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../../kernels/operator-case.ts';
import { float32View, int32View, tensorOver } from '../../kernels/tensor-view.ts';
import { openWasmBuild } from '../../kernels/wasm-kernels.ts';
import { checkByCompare, checkByRecompute } from '../check.ts';
import { checkManyByRecompute } from '../check-many.ts';
import type { Judgement } from '../finding.ts';
import {
  CHECKING,
  MemoryTensors,
  REFERENCE_KERNELS,
  runTask,
  valueOf,
} from '../run-job.contract.ts';
import { planJob, planStage, type PlannedStage } from '../workload.ts';

const ROW_COUNT = 64;
const COLUMNS = 40;
const rows: RowRange = { start: 0, end: ROW_COUNT };
const store = new MemoryTensors();
let kernels: Kernels;
let plain: Kernels;

beforeAll(async () => {
  kernels = valueOf(await openWasmBuild('relaxed'));
  plain = valueOf(await openWasmBuild('plain'));
});

/** Products whose left operand is an input, reported, or recomputed; reported as witnesses. */
const GRAPHS: readonly [string, OperatorsSpec['nodes'], readonly string[], readonly string[]][] = [
  [
    'a product, moved and cut off',
    [
      { operator: 'matmul', inputs: ['x', 'w'], output: 'p' },
      { operator: 'add', inputs: ['p', 'bias'], output: 'q' },
      { operator: 'relu', inputs: ['q'], output: 'y' },
    ],
    ['p', 'y'],
    ['freivalds-float', 'recompute-rows'],
  ],
  [
    'a product of what was not reported',
    [
      { operator: 'tanh', inputs: ['x'], output: 't' },
      { operator: 'matmul', inputs: ['t', 'w'], output: 'p' },
      { operator: 'reduce-sum', inputs: ['p'], output: 'y', axis: 1 },
    ],
    ['p', 'y'],
    ['freivalds-float', 'recompute-rows'],
  ],
  [
    'a product of a product',
    [
      { operator: 'matmul', inputs: ['x', 'v'], output: 'p' },
      { operator: 'matmul', inputs: ['p', 'w'], output: 'y' },
    ],
    ['p', 'y'],
    ['freivalds-float'],
  ],
  [
    'a product of integers',
    [{ operator: 'qmatmul', inputs: ['a', 'b'], output: 'y' }],
    ['y'],
    ['finite-and-range', 'freivalds-exact'],
  ],
];

describe.each(GRAPHS)('checking all rows of %s', (_, nodes, outputs, checks) => {
  let stage: PlannedStage;
  let honest: TaskOutput;
  beforeAll(async () => {
    stage = planned(nodes);
    honest = await runTask({ store, kernels }, { stage, rows });
  });

  it('has these outputs reported', () => {
    expect(stage.work.outputs.map(({ name }) => name)).toEqual(outputs);
  });

  it('accepts what honest kernels of any kind give, and says by which checks', async () => {
    for (const by of [kernels, plain, REFERENCE_KERNELS]) {
      const output = await runTask({ store, kernels: by }, { stage, rows });
      for (let seed = 0; seed < 50; seed++) {
        const judged = await judge(stage, { output, seed });
        expect(judged.verdicts).toEqual([{ lease: 0, verdict: { kind: 'accepted' } }]);
        expect(judged.checks.toSorted()).toEqual(['structure', 'digest', ...checks].toSorted());
      }
    }
  });

  it('rejects each output with one element changed, naming an output and both numbers', async () => {
    for (const index of outputs.keys()) {
      // What follows from a wrong product is wrong by what was reported, too, and is found first.
      const names = outputs.slice(index).join('|');
      const pattern = new RegExp(
        `^output "(${names})": element \\d+ after row \\d+ is .*recomputed`,
      );
      const reason: unknown = expect.stringMatching(pattern);
      for (let seed = 0; seed < 50; seed++) {
        const output = await changed(honest, { index, at: 17 });
        const { verdicts, accepted, checks: passed } = await judge(stage, { output, seed });
        expect(verdicts[0]?.verdict).toEqual({ kind: 'rejected', reason });
        expect({ accepted, passed }).toEqual({ accepted: null, passed: [] });
      }
    }
  });

  it('rejects a graph that is right from a wrong product on', async () => {
    // As of somebody who computed all of it from another x.
    const other = planned(nodes, 2);
    const output = await runTask({ store, kernels }, { stage: other, rows });
    const judged = await judge(stage, { output, seed: 1 });
    expect(judged.verdicts[0]?.verdict).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(new RegExp(`^output "${outputs[0] ?? ''}"`)),
    });
  });

  it('settles two results that do not agree, whatever the factors are', async () => {
    const liar = await changed(honest, { index: outputs.length - 1, at: 3 });
    for (let seed = 0; seed < 20; seed++) {
      const random = wideStream([seed, 0, 0, 0], 'check');
      const results = [
        { lease: 0, output: liar },
        { lease: 1, output: honest },
      ];
      const task = { work: stage.work, rows, read: store.read, session: null, results };
      const judged = valueOf(await checkByCompare({ ...task, ...CHECKING, random }));
      expect(judged.verdicts.map(({ verdict }) => verdict.kind)).toEqual(['rejected', 'accepted']);
    }
  });

  it('judges tasks together as one by one, with one draw of factors', async () => {
    const parts = [0, 16, 32, 48].map((start) => ({ start, end: start + 16 }));
    const results = await Promise.all(
      parts.map((part) => runTask({ store, kernels }, { stage, rows: part })),
    );
    const third = results[2];
    if (third === undefined) throw new Error('there are four tasks');
    results[2] = await changed(third, { index: 0, at: 5 });
    let draws = 0;
    const tasks = parts.map((part, lease) => {
      const output = results[lease] ?? [];
      const random = () => wideStream([(draws += 1), 0, 0, 0], 'check');
      return { rows: part, results: [{ lease, output }], share: 1, random };
    });
    const { work } = stage;
    const by = { work, read: store.read, session: null, ...CHECKING, rowsMax: 100 };
    const judged = valueOf(await checkManyByRecompute({ ...by, tasks }));
    expect(judged.map(({ accepted }) => accepted)).toEqual([0, 1, null, 3]);
  });
});

describe('what makes products unfit for a probe', () => {
  it.each([
    ['a NaN in the right operand', [NaN]],
    ['an infinity in the right operand', [Infinity]],
  ])('%s has it recomputed', async (_, special) => {
    const stage = planned([{ operator: 'matmul', inputs: ['x', 'w'], output: 'y' }], 1, special);
    const honest = await runTask({ store, kernels: plain }, { stage, rows });
    const judged = await judge(stage, { output: honest, seed: 1 });
    expect(judged).toMatchObject({
      accepted: 0,
      checks: ['structure', 'digest', 'recompute-rows'],
    });
    const lied = await changed(honest, { index: 0, at: 7 });
    expect(await judge(stage, { output: lied, seed: 1 })).toMatchObject({ accepted: null });
  });

  it.each([
    [7, 'recompute-rows'],
    [8, 'freivalds-float'],
  ])('%i rows are checked by %s', async (count, check) => {
    const stage = planned([{ operator: 'matmul', inputs: ['x', 'w'], output: 'y' }]);
    const few = { start: 3, end: 3 + count };
    const output = await runTask({ store, kernels }, { stage, rows: few });
    const judged = await judge(stage, { output, seed: 1, rows: few });
    expect(judged.checks).toContain(check);
  });
});

async function judge(
  { work }: PlannedStage,
  of: { readonly output: TaskOutput; readonly seed: number; readonly rows?: RowRange },
): Promise<Judgement<number>> {
  const results = [{ lease: 0, output: of.output }];
  const random = wideStream([of.seed, 1, 2, 3], 'check');
  const by = { read: store.read, session: null, random, share: 1, ...CHECKING };
  return valueOf(await checkByRecompute({ work, rows: of.rows ?? rows, results, ...by }));
}

/** The one stage of a graph over numbers of a seed; `special` are the first of w. */
function planned(
  nodes: OperatorsSpec['nodes'],
  seed = 1,
  special: readonly number[] = [],
): PlannedStage {
  const random = randomStream(seed, 'numbers');
  const w = randomFloat32(randomStream(9, 'w'), { shape: [80, COLUMNS] });
  float32View(w).set(special);
  const tensors: Record<string, Tensor> = {
    x: randomFloat32(random, { shape: [ROW_COUNT, 80] }),
    v: randomFloat32(randomStream(8, 'v'), { shape: [80, 80] }),
    w,
    bias: randomFloat32(randomStream(7, 'bias'), { shape: [COLUMNS] }),
    a: randomUint7(random, [ROW_COUNT, 80]),
    b: randomInt8(randomStream(6, 'b'), [80, COLUMNS]),
  };
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const inputs = Object.entries(tensors)
    .filter(([name]) => used.has(name))
    .map(([name, tensor]) => ({ name, tensor: store.put(tensor) }));
  const workload: OperatorsSpec = { kind: 'operators', inputs, nodes, outputs: ['y'] };
  const plan = valueOf(planJob({ ...USUAL_TERMS, name: 'graph', workload }, null));
  return valueOf(planStage(plan, { stage: 0, tensors: new Map() }));
}

/** A result with one element of one output off by something plausible. */
async function changed(
  output: TaskOutput,
  { index, at }: { index: number; at: number },
): Promise<TaskOutput> {
  const ref = output[index];
  if (ref === undefined) throw new Error('the result has that output');
  const tensor = valueOf(await store.read(ref));
  const { dtype, shape } = tensor;
  const values = dtype === 'int32' ? int32View(tensor).slice() : float32View(tensor).slice();
  const value = values[at];
  values[at] = value === undefined || Number.isNaN(value) ? 1 : value + 1;
  return output.with(index, store.put(tensorOver({ dtype, shape, values })));
}
