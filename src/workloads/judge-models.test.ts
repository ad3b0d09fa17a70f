import { beforeAll, describe, expect, it } from 'vitest';
import { USUAL_TERMS, type InferenceSpec } from '../domain/job.ts';
import { parseContentId } from '../domain/ids.ts';
import { randomStream } from '../domain/random.ts';
import type { RowRange, TensorRef } from '../domain/tensor.ts';
import type { TaskOutput } from '../domain/work.ts';
import { openNodeModelRunner, type ModelRunner, type ModelSession } from '../kernels/index.ts';
import { checkByRecompute } from './check.ts';
import { checkManyByRecompute, type RecomputedTask } from './check-many.ts';
import type { Judgement } from './finding.ts';
import { onnxFile, type FileNode } from '../kernels/onnx-file.ts';
import { probeModel } from './inference/probe-model.ts';
import { CHECKING, float32, MemoryTensors, runTask, valueOf } from './run-job.contract.ts';
import { planJob, planStage, type PlannedStage } from './workload.ts';

const WIDTH = 6;
const TASK_ROWS = 8;
const TASKS = 12;
const store = new MemoryTensors();
let runner: ModelRunner;
let stage: PlannedStage;
let session: CountingSession;

beforeAll(async () => {
  runner = valueOf(await openNodeModelRunner({ threads: 1 }));
  const nodes: FileNode[] = [
    { operator: 'MatMul', inputs: ['x', 'w'], output: 'a' },
    { operator: 'Tanh', inputs: ['a'], output: 'y' },
  ];
  const w = float32([WIDTH, WIDTH], numbers(WIDTH * WIDTH));
  ({ stage, session } = await opened({ nodes, rows: TASKS * TASK_ROWS, width: WIDTH, w }));
});

/** What may be wrong with a result; all rows of it, so that any draw finds it. */
const LIES: Readonly<Record<string, (honest: TaskOutput) => Promise<TaskOutput>>> = {
  'all rows': (honest) => changed(honest, (values) => values.forEach((x, i) => (values[i] = -x))),
  NaN: (honest) => changed(honest, (values) => values.fill(NaN)),
  shape: async (honest) => honest.map((ref): TensorRef => ({ ...ref, shape: [1, WIDTH] })),
  bytes: async (honest) => honest.map(outside),
};

describe('results of a model that are checked together', () => {
  it.each([0.01, 0.25, 1])(
    'get the verdicts of checks alone, with a share of %d',
    async (share) => {
      const kinds = ['none', 'all rows', 'none', 'NaN', 'shape', 'none', 'bytes', 'none'];
      const tasks = await tasksOf(kinds, share);
      const together = valueOf(await many(tasks));
      expect(together.map(({ accepted }) => accepted !== null)).toEqual(
        kinds.map((kind) => kind === 'none'),
      );
      for (const [index, task] of tasks.entries()) {
        const by = { work: stage.work, read: store.read, session, ...CHECKING };
        const alone = await checkByRecompute({ ...task, ...by, random: task.random() });
        expect(kindsOf(together[index])).toEqual(kindsOf(valueOf(alone)));
      }
    },
  );

  it('name the row of the stage and both numbers', async () => {
    const [, liar] = await tasksOf(['none', 'all rows'], 1);
    const [judged] = valueOf(await many(liar === undefined ? [] : [liar]));
    expect(judged?.verdicts[0]?.verdict).toMatchObject({
      reason: expect.stringMatching(
        /output "y": element 0 of row 8 is -?0\.\d+, recomputed -?0\.\d/,
      ),
    });
  });

  it('find what is wrong in one drawn row, of one of two results of a task', async () => {
    const [task] = await tasksOf(['none'], 1);
    const honest = task?.results[0]?.output ?? [];
    const lie = await changed(honest, (values) => (values[3 * WIDTH + 2] = 2));
    const results = [
      { lease: 'liar', output: lie },
      { lease: 'honest', output: honest },
    ];
    const [judged] = valueOf(await many(task === undefined ? [] : [{ ...task, results }]));
    expect(judged?.accepted).toBe('honest');
  });

  it('run in one batch, of the drawn rows alone', async () => {
    const tasks = await tasksOf(Array<string>(TASKS).fill('none'), 0.25);
    session.batches = [];
    valueOf(await many(tasks));
    expect(session.batches).toEqual([TASKS * TASK_ROWS * 0.25]);
  });

  it('do not run for results that are rejected already', async () => {
    const tasks = await tasksOf(['shape', 'shape'], 1);
    session.batches = [];
    valueOf(await many(tasks));
    expect(session.batches).toEqual([]);
  });

  it('run in parts that fit into memory, also of one task', async () => {
    const width = 2 ** 20;
    const doubled: FileNode[] = [{ operator: 'Add', inputs: ['x', 'x'], output: 'y' }];
    const wide = await opened({ nodes: doubled, rows: 3, width, w: null });
    const rows = { start: 0, end: 3 };
    const output = await runTask({ store, session: wide.session }, { stage: wide.stage, rows });
    wide.session.batches = [];
    const random = () => randomStream(1, 'check');
    const tasks = [{ rows, results: [{ lease: 'a', output }], share: 1, random }];
    const by = { read: store.read, session: wide.session, ...CHECKING, rowsMax: 1 };
    const judged = valueOf(await checkManyByRecompute({ work: wide.stage.work, tasks, ...by }));
    expect(judged[0]?.accepted).toBe('a');
    // 4 MiB in and 4 MiB out a row: two are 16 MiB.
    expect(wide.session.batches.every((count) => count <= 2)).toBe(true);
    expect(wide.session.batches.reduce((sum, count) => sum + count, 0)).toBe(3);
  });
});

/** A session that notes the rows of each run. */
type CountingSession = ModelSession & { batches: number[] };

async function opened(of: {
  readonly nodes: readonly FileNode[];
  readonly rows: number;
  readonly width: number;
  readonly w: ReturnType<typeof float32> | null;
}): Promise<{ stage: PlannedStage; session: CountingSession }> {
  const file = onnxFile({
    inputs: [{ name: 'x', type: 1, shape: ['n', of.width] }],
    nodes: of.nodes,
    outputs: [{ name: 'y', type: 1, shape: ['n', of.width] }],
    weights: of.w === null ? [] : [{ name: 'w', shape: of.w.shape, float32: of.w.bytes }],
  });
  const loaded = valueOf(await runner.load(file));
  const counting: CountingSession = {
    ...loaded,
    inputs: loaded.inputs,
    outputs: loaded.outputs,
    batches: [],
    run(feeds) {
      counting.batches.push(feeds.get('x')?.shape[0] ?? 0);
      return loaded.run(feeds);
    },
    close: () => loaded.close(),
  };
  const blob = valueOf(parseContentId(`bafkrei${'a'.repeat(52)}`));
  const workload: InferenceSpec = {
    kind: 'inference',
    model: { blob, byteLength: file.byteLength },
    inputs: [
      { name: 'x', tensor: store.put(float32([of.rows, of.width], numbers(of.rows * of.width))) },
    ],
    constants: [],
    outputs: [],
  };
  const means = { session: counting, read: store.read, nowMs: () => 0 };
  const facts = valueOf(await probeModel({ spec: workload, ...means }));
  const spec = { ...USUAL_TERMS, name: 'check', workload, rowsPerTask: TASK_ROWS };
  const plan = valueOf(planJob(spec, facts));
  return {
    stage: valueOf(planStage(plan, { stage: 0, tensors: new Map() })),
    session: counting,
  };
}

async function tasksOf(
  kinds: readonly string[],
  share: number,
): Promise<readonly RecomputedTask<string>[]> {
  const tasks: RecomputedTask<string>[] = [];
  for (const [index, kind] of kinds.entries()) {
    const rows: RowRange = { start: index * TASK_ROWS, end: (index + 1) * TASK_ROWS };
    const honest = await runTask({ store, session }, { stage, rows });
    const output = (await LIES[kind]?.(honest)) ?? honest;
    const random = () => randomStream(index, 'check');
    tasks.push({ rows, results: [{ lease: `lease ${index}`, output }], share, random });
  }
  return tasks;
}

function many(tasks: readonly RecomputedTask<string>[]) {
  const by = { work: stage.work, read: store.read, session, ...CHECKING, rowsMax: 100 };
  return checkManyByRecompute({ ...by, tasks });
}

function kindsOf(judgement: Judgement<string> | undefined) {
  const { verdicts, accepted, checks } = judgement ?? { verdicts: [], accepted: null, checks: [] };
  return { kinds: verdicts.map(({ verdict }) => verdict.kind), accepted, checks };
}

async function changed(
  output: TaskOutput,
  change: (values: Float32Array) => unknown,
): Promise<TaskOutput> {
  const made: TensorRef[] = [];
  for (const ref of output) {
    const tensor = valueOf(await store.read(ref));
    const values = new Float32Array(tensor.bytes.slice().buffer);
    change(values);
    made.push(store.put({ ...tensor, bytes: new Uint8Array(values.buffer) }));
  }
  return made;
}

/** A reference to bytes behind those that are there. */
function outside(ref: TensorRef): TensorRef {
  if (ref.source.kind !== 'blob') throw new Error('outputs are blobs');
  return { ...ref, source: { ...ref.source, byteOffset: 1e6 } };
}

function numbers(count: number): number[] {
  const random = randomStream(count, 'numbers');
  return Array.from({ length: count }, () => random.nextUnit() * 2 - 1);
}
