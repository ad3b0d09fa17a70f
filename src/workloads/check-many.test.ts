import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { USUAL_TERMS, type OperatorsSpec } from '../domain/job.ts';
import { randomStream } from '../domain/random.ts';
import type { RowRange } from '../domain/tensor.ts';
import type { TaskOutput } from '../domain/work.ts';
import { openWasmKernels, type Kernels } from '../kernels/index.ts';
import { checkByRecompute } from './check.ts';
import { checkManyByRecompute, type RecomputedTask } from './check-many.ts';
import { float32, MemoryTensors, CHECKING, runTask, valueOf } from './run-job.contract.ts';
import { planJob, planStage, type PlannedStage } from './workload.ts';

const ROW_COUNT = 24;
const store = new MemoryTensors();
const read = store.read;
let kernels: Kernels;

beforeAll(async () => {
  kernels = valueOf(await openWasmKernels());
});

/** Of exact operators, and of such as agree within a tolerance. */
const NODES: readonly [string, OperatorsSpec['nodes']][] = [
  ['relu', [{ operator: 'relu', inputs: ['x'], output: 'y' }]],
  [
    'matmul and tanh',
    [
      { operator: 'matmul', inputs: ['x', 'w'], output: 'product' },
      { operator: 'tanh', inputs: ['product'], output: 'y' },
    ],
  ],
];

describe.each(NODES)('checkManyByRecompute of %s', (_, nodes) => {
  let stage: PlannedStage;
  beforeAll(() => {
    const workload: OperatorsSpec = {
      kind: 'operators',
      inputs: [
        { name: 'x', tensor: store.put(float32([ROW_COUNT, 4], numbers(ROW_COUNT * 4))) },
        ...(nodes.length > 1
          ? [{ name: 'w', tensor: store.put(float32([4, 3], numbers(12))) }]
          : []),
      ],
      nodes,
      outputs: ['y'],
    };
    const spec = {
      ...USUAL_TERMS,
      name: 'check',
      workload,
      checking: { kind: 'adaptive' },
      rowsPerTask: 1,
    } as const;
    stage = valueOf(planStage(valueOf(planJob(spec, null)), { stage: 0, tensors: new Map() }));
  });

  it('comes to the verdicts that single checks come to', async () => {
    const kinds = fc.constantFrom('honest', 'honest', 'honest', 'wrong', 'near', 'short', 'NaN');
    const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), kind: kinds }), {
      minLength: 1,
      maxLength: 12,
    });
    const options = fc.record({
      cuts,
      order: fc.integer(),
      share: fc.constantFrom(0.3, 1),
      rowsMax: fc.constantFrom(1, 3, 100),
    });
    await fc.assert(
      fc.asyncProperty(options, async (of) => {
        const tasks = await tasksOf(of);
        const judged = await checkManyByRecompute({
          work: stage.work,
          tasks,
          read,
          session: null,
          ...CHECKING,
          rowsMax: of.rowsMax,
        });
        for (const [index, task] of tasks.entries()) {
          const alone = { ...task, work: stage.work, read, session: null, ...CHECKING };
          expect(valueOf(judged)[index]).toEqual(
            valueOf(await checkByRecompute({ ...alone, random: task.random() })),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reads inputs once where results are blobs', async () => {
    const rows = { start: 0, end: 8 };
    const output = await runTask({ store, kernels }, { stage, rows });
    const random = () => randomStream(1, 'check');
    const tasks = [{ rows, results: [{ lease: 'a', output }], share: 1, random }];
    const before = store.readBytes;
    const by = { work: stage.work, read, session: null, ...CHECKING, rowsMax: 100 };
    const judged = valueOf(await checkManyByRecompute({ ...by, tasks }));
    expect(judged[0]?.accepted).toBe('a');
    const [perRow, whole] = nodes.length > 1 ? [4 + 3, 4 * 3] : [4 + 4, 0];
    expect(store.readBytes - before).toBe(4 * (8 * perRow + whole));
  });

  async function tasksOf(of: {
    readonly cuts: readonly { readonly size: number; readonly kind: string }[];
    readonly order: number;
    readonly share: number;
  }): Promise<RecomputedTask<string>[]> {
    const tasks: RecomputedTask<string>[] = [];
    let start = 0;
    for (const [index, { size, kind }] of of.cuts.entries()) {
      const rows = { start, end: Math.min(start + size, ROW_COUNT) };
      if (rows.end === rows.start) break;
      start = rows.end;
      const honest = await inMessage(await runTask({ store, kernels }, { stage, rows }));
      const results = [{ lease: `lease ${index}`, output: told(kind, honest, rows) }];
      const random = () => randomStream(index, 'check');
      tasks.push({ rows, results, share: of.share, random });
    }
    const seeded = randomStream(of.order, 'order');
    return tasks
      .map((task) => ({ task, at: seeded.nextUint32() }))
      .sort((a, b) => a.at - b.at)
      .map(({ task }) => task);
  }
});

/** The output of an honest result, or of one that is wrong in some way. */
function told(kind: string, honest: TaskOutput, rows: RowRange): TaskOutput {
  const [first] = honest;
  if (first?.source.kind !== 'inline') throw new Error('outputs are in the message');
  const bytes = first.source.bytes.slice();
  const values = new Float32Array(bytes.buffer);
  const [value = 0] = values;
  if (kind === 'wrong') values[0] = value + 1;
  if (kind === 'near') values[0] = value === 0 ? -0 : value * (1 + 2 ** -23);
  if (kind === 'NaN') values[values.length - 1] = NaN;
  if (kind === 'short') return [{ ...first, shape: [rows.end - rows.start + 1, 4] }];
  return [{ ...first, source: { kind: 'inline', bytes } }];
}

/** As a report carries it. */
async function inMessage(output: TaskOutput): Promise<TaskOutput> {
  const tensors = await Promise.all(output.map(async (ref) => valueOf(await read(ref))));
  return tensors.map(({ dtype, shape, bytes }) => {
    return { dtype, shape, source: { kind: 'inline', bytes } };
  });
}

function numbers(count: number): number[] {
  const random = randomStream(count, 'numbers');
  return Array.from({ length: count }, () => random.nextUnit() * 4 - 2);
}
