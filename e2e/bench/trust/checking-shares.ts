import { certain } from '../../network/client.ts';
import { memoryBlocks, sinkOf, writeBlob } from '../../../src/data/index.ts';
import { CHECK_BATCH_BYTES, CHECKS_PER_BATCH_MAX } from '../../../src/domain/limits.ts';
import { USUAL_TERMS, type WorkloadSpec } from '../../../src/domain/job.ts';
import { randomStream } from '../../../src/domain/random.ts';
import { succeed } from '../../../src/domain/outcome.ts';
import { tensorBytes, type Tensor, type TensorRef } from '../../../src/domain/tensor.ts';
import type { NamedTensor } from '../../../src/domain/work.ts';
import { openWasmKernels, openWebModelRunner, type Kernels } from '../../../src/kernels/index.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../../../src/kernels/operator-case.ts';
import type { CheckOrder } from '../../../src/orchestrator/checking/check-message.ts';
import { makeChecker, type Checker } from '../../../src/orchestrator/checking/checker.ts';
import type { LeaseNumber } from '../../../src/scheduler/index.ts';
import { sampledShare } from '../../../src/validation/index.ts';
import { onnxFile } from '../../../src/workloads/inference/onnx-file.contract.ts';
import {
  planJob,
  planStage,
  type PlannedStage,
  type TensorReader,
} from '../../../src/workloads/index.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { checkSeed } from './check-seed.ts';
import { computeTask } from './honest-devices.ts';
import { DECLARED } from './declared-bounds.ts';

const RUNS = 7;
/** Each side repeats for at least so long a run, so that the clock is fine enough. */
const RUN_MS = 200;
/** A call that takes longer is not repeated for the clock, and only once to be sure. Milliseconds. */
const LONG_CALL_MS = 1_000;
const SIZE = 1024;
/** Rows of one task in a stage of products. */
const TASK_ROWS = [1024, 64] as const;
const MODEL_ROWS = 64;
const MODEL_WIDTH = 512;
/** What a key has behind it in the steady state, and before it of the stage. Results. */
const LONG = 1e6;

/** CPU time of checks over that of the work: of a new key's results, and in the steady state. */
export async function checkingShares(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const operator of ['qmatmul', 'matmul'] as const) {
    for (const taskRows of TASK_ROWS) {
      lines.push(...(await sharesOfProduct(operator, taskRows)));
    }
  }
  return [...lines, ...(await sharesOfModel())];
}

/** As many as the orchestrator gives a thread at once, where so many wait. */
function tasksTogether(operator: 'matmul' | 'qmatmul', taskRows: number): number {
  const inputBytes = operator === 'matmul' ? 4 : 1;
  const taskBytes = taskRows * SIZE * (inputBytes + 4);
  return Math.min(CHECKS_PER_BATCH_MAX, Math.floor(CHECK_BATCH_BYTES / taskBytes));
}

/** A stage in blocks, and what makes one task of it and checks some. */
type Measured = {
  readonly work: string;
  readonly compute: () => Promise<unknown>;
  /** A new key's result, alone. */
  readonly checkNew: () => Promise<unknown>;
  /** As many results as there are, of keys with long records, together. */
  readonly checkSteady: () => Promise<unknown>;
  readonly steadyTasks: number;
  readonly escapesNew: string;
  readonly escapesSteady: string;
};

async function sharesOf(of: Measured): Promise<readonly Line[]> {
  const full: Run[] = [];
  const steady: Run[] = [];
  // The first warms all sides up, and is thrown away.
  for (let run = -1; run < RUNS; run++) {
    const peer = await cpuMs(of.compute);
    const [one, many] = [await cpuMs(of.checkNew), await cpuMs(of.checkSteady)];
    if (run < 0) continue;
    const each = many / of.steadyTasks;
    full.push({ value: one / peer, ours: one, peer });
    steady.push({ value: each / peer, ours: each, peer });
    if (one > LONG_CALL_MS) break;
  }
  const about = { suite: 'trust', unit: 'ratio', better: 'lower', peer: PEER } as const;
  const passes = (chance: string) => `one core; a wrong result passes with a chance of ${chance}`;
  return [
    figureOf(
      {
        ...about,
        name: 'checking-share-full',
        work: `${of.work}, of a key without a record, alone; ${passes(of.escapesNew)}`,
        ...(of.work.includes(`${SIZE} x ${SIZE} x ${SIZE}`) && { goal: '<= 0.1' }),
      },
      full,
    ),
    figureOf(
      {
        ...about,
        name: 'checking-share-steady',
        work: `${of.work}, of keys with long records, ${of.steadyTasks} checked together; ${passes(of.escapesSteady)}`,
        goal: '<= 0.04',
      },
      steady,
    ),
  ];
}

const PEER = 'the work itself in WASM on one thread, CPU milliseconds a task';

async function sharesOfProduct(
  operator: 'matmul' | 'qmatmul',
  taskRows: number,
): Promise<readonly Line[]> {
  const kernels = certain(await openWasmKernels());
  const random = randomStream(taskRows, operator);
  const tasks = tasksTogether(operator, taskRows);
  const shapes = [
    [taskRows * tasks, SIZE],
    [SIZE, SIZE],
  ] as const;
  const operands: readonly [Tensor, Tensor] =
    operator === 'matmul'
      ? [randomFloat32(random, { shape: shapes[0] }), randomFloat32(random, { shape: shapes[1] })]
      : [randomUint7(random, shapes[0]), randomInt8(random, shapes[1])];
  const store = new Store();
  const inputs = [await store.named('x', operands[0]), await store.named('w', operands[1])];
  const nodes = [{ operator, inputs: ['x', 'w'], output: 'y' }];
  const spec: WorkloadSpec = { kind: 'operators', inputs, nodes, outputs: ['y'] };
  const checker = makeChecker(store.blocks, { read: store.read });
  const stage = await store.planned(spec, { taskRows, checker });
  const orders = await ordersOf(stage, { store, taskRows, kernels, share: 1 });
  const [first] = orders;
  if (first === undefined) throw new Error('a stage has tasks');
  const task = { work: stage.work, rows: first.rows, read: store.read };
  return sharesOf({
    work: `${operator} ${taskRows} x ${SIZE} x ${SIZE}`,
    compute: () => computeTask({ kernels, session: null }, task),
    checkNew: async () => accepted([certain(await checker.check(first))]),
    checkSteady: async () => accepted(certain(await checker.checkMany(orders))),
    steadyTasks: tasks,
    escapesNew: DECLARED[operator],
    escapesSteady: DECLARED[operator],
  });
}

async function sharesOfModel(): Promise<readonly Line[]> {
  const store = new Store();
  const random = randomStream(1, 'layers');
  const rows = 4 * MODEL_ROWS;
  const matrix = (shape: readonly [number, number]) => randomFloat32(random, { shape });
  const square = [MODEL_WIDTH, MODEL_WIDTH] as const;
  const file = layersFile([matrix(square), matrix(square)]);
  const model = certain(await writeBlob(sinkOf(store.blocks), once(file)));
  const spec: WorkloadSpec = {
    kind: 'inference',
    model,
    inputs: [await store.named('x', matrix([rows, MODEL_WIDTH]))],
    constants: [],
    outputs: [],
  };
  const checker = makeChecker(store.blocks, { read: store.read });
  const runner = certain(await openWebModelRunner({ backend: 'wasm', wasmPaths: null }));
  const session = certain(await runner.load(file));
  const stage = await store.planned(spec, { taskRows: MODEL_ROWS, checker });
  const kernels = certain(await openWasmKernels());
  const share = sampledShare({ record: LONG, trusted: false, resultsOfStage: LONG });
  const by = { store, taskRows: MODEL_ROWS, kernels, session };
  const [full] = await ordersOf(stage, { ...by, share: 1 });
  const [sampled] = await ordersOf(stage, { ...by, share });
  if (full === undefined || sampled === undefined) throw new Error('a stage has tasks');
  const task = { work: stage.work, rows: full.rows, read: store.read };
  const lines = await sharesOf({
    work: `${MODEL_ROWS} rows of a model of two layers of ${MODEL_WIDTH}`,
    compute: () => computeTask({ kernels, session }, task),
    checkNew: async () => accepted([certain(await checker.check(full))]),
    checkSteady: async () => accepted([certain(await checker.check(sampled))]),
    steadyTasks: 1,
    escapesNew: '0',
    escapesSteady: `(1 - w)^${Math.ceil(share * MODEL_ROWS)} where a share w of its rows is wrong`,
  });
  await session.close();
  return lines;
}

/** The tensors of one stage, with all bytes at hand: neither side pays for moving them. */
class Store {
  readonly blocks = memoryBlocks({ bytesMax: Infinity });
  readonly #bytes = new Map<string, Uint8Array>();

  readonly read: TensorReader = async ({ dtype, shape, source }) => {
    const whole = source.kind === 'blob' ? this.#bytes.get(source.blob) : undefined;
    if (source.kind !== 'blob' || whole === undefined) throw new Error('all tensors were put here');
    const end = source.byteOffset + tensorBytes({ dtype, shape });
    return succeed({ dtype, shape, bytes: whole.subarray(source.byteOffset, end) });
  };

  async put({ dtype, shape, bytes }: Tensor): Promise<TensorRef> {
    const { blob } = certain(await writeBlob(sinkOf(this.blocks), once(bytes)));
    this.#bytes.set(blob, bytes);
    return { dtype, shape, source: { kind: 'blob', blob, byteOffset: 0 } };
  }

  async named(name: string, tensor: Tensor): Promise<NamedTensor> {
    return { name, tensor: await this.put(tensor) };
  }

  async planned(
    workload: WorkloadSpec,
    of: { readonly taskRows: number; readonly checker: Checker },
  ): Promise<PlannedStage> {
    const facts = workload.kind === 'inference' ? certain(await of.checker.probe(workload)) : null;
    const terms = { ...USUAL_TERMS, rowsPerTask: of.taskRows };
    const plan = certain(planJob({ name: 'measured', workload, ...terms }, facts));
    return certain(planStage(plan, { stage: 0, tensors: new Map() }));
  }
}

/** Checks of honest results of a stage's tasks. */
async function ordersOf(
  { work, rowCount }: PlannedStage,
  of: {
    readonly store: Store;
    readonly taskRows: number;
    readonly kernels: Kernels;
    readonly share: number;
    readonly session?: Parameters<typeof computeTask>[0]['session'];
  },
): Promise<readonly CheckOrder[]> {
  const { store, taskRows, kernels, share, session = null } = of;
  const orders: CheckOrder[] = [];
  for (let start = 0; start < rowCount; start += taskRows) {
    const rows = { start, end: start + taskRows };
    const made = await computeTask({ kernels, session }, { work, rows, read: store.read });
    const output = [];
    for (const tensor of made) output.push(await store.put(tensor));
    // Of the shape that its brand stands for; nothing is leased here.
    const results = [{ lease: orders.length as LeaseNumber, output }];
    const mode = { kind: 'recompute', share } as const;
    orders.push({ work, rows, results, mode, seed: checkSeed(start) });
  }
  return orders;
}

function accepted(judged: readonly { readonly accepted: LeaseNumber | null }[]): void {
  if (judged.some((one) => one.accepted === null)) throw new Error('an honest result was rejected');
}

/** Two layers: relu(x w1), then w2. */
function layersFile([w1, w2]: readonly [Tensor, Tensor]): Uint8Array {
  return onnxFile({
    inputs: [{ name: 'x', type: 1, shape: ['rows', MODEL_WIDTH] }],
    nodes: [
      { operator: 'MatMul', inputs: ['x', 'w1'], output: 'a' },
      { operator: 'Relu', inputs: ['a'], output: 'b' },
      { operator: 'MatMul', inputs: ['b', 'w2'], output: 'y' },
    ],
    outputs: [{ name: 'y', type: 1, shape: ['rows', MODEL_WIDTH] }],
    weights: [
      { name: 'w1', shape: w1.shape, float32: w1.bytes },
      { name: 'w2', shape: w2.shape, float32: w2.bytes },
    ],
  });
}

/** CPU time of one call, over as many as take RUN_MS. Milliseconds. */
async function cpuMs(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  let calls = 0;
  let usedMs = 0;
  while (usedMs < RUN_MS) {
    await run();
    calls++;
    const { user, system } = process.cpuUsage(before);
    usedMs = (user + system) / 1000;
  }
  return usedMs / calls;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
