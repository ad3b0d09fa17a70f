import { sinkOf, writeBlob } from '../../../src/data/index.ts';
import type { InferenceSpec } from '../../../src/domain/job.ts';
import { randomStream } from '../../../src/domain/random.ts';
import type { Tensor } from '../../../src/domain/tensor.ts';
import { openWasmKernels, openWebModelRunner } from '../../../src/kernels/index.ts';
import { randomFloat32 } from '../../../src/kernels/operator-case.ts';
import { makeChecker } from '../../../src/orchestrator/checking/checker.ts';
import { sampledShare } from '../../../src/validation/index.ts';
import { onnxFile } from '../../../src/kernels/onnx-file.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { cpuMs } from '../cpu-ms.ts';
import { DECLARED } from './declared-bounds.ts';
import { computeTask } from './honest-devices.ts';
import { accepted, honestOrders, tasksTogether } from './honest-orders.ts';
import { productStage } from './measured-product.ts';
import { once, plannedStage, StageStore } from './stage-store.ts';

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
    const peer = await cpuMs(of.compute, RUN_MS);
    const [one, many] = [await cpuMs(of.checkNew, RUN_MS), await cpuMs(of.checkSteady, RUN_MS)];
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
  const store = new StageStore();
  const product = { operator, taskRows, size: SIZE };
  const tasks = tasksTogether(await productStage({ ...product, tasks: 1 }, store), taskRows);
  const stage = await productStage({ ...product, tasks }, store);
  const device = { kernels, session: null };
  const orders = await honestOrders(stage, { store, taskRows, device, share: 1 });
  const [first] = orders;
  const checker = makeChecker(store.blocks, { read: store.read });
  const task = { work: stage.work, rows: first.rows, read: store.read };
  return sharesOf({
    work: `${operator} ${taskRows} x ${SIZE} x ${SIZE}`,
    compute: () => computeTask(device, task),
    checkNew: async () => accepted([certain(await checker.check(first))]),
    checkSteady: async () => accepted(certain(await checker.checkMany(orders))),
    steadyTasks: tasks,
    escapesNew: DECLARED[operator],
    escapesSteady: DECLARED[operator],
  });
}

async function sharesOfModel(): Promise<readonly Line[]> {
  const store = new StageStore();
  const random = randomStream(1, 'layers');
  const matrix = (shape: readonly [number, number]) => randomFloat32(random, { shape });
  const square = [MODEL_WIDTH, MODEL_WIDTH] as const;
  const file = layersFile([matrix(square), matrix(square)]);
  const model = certain(await writeBlob(sinkOf(store.blocks), once(file)));
  const checker = makeChecker(store.blocks, { read: store.read });
  const planned = async (rows: number) => {
    const inputs = await store.named({ x: matrix([rows, MODEL_WIDTH]) });
    const workload: InferenceSpec = {
      kind: 'inference',
      model,
      inputs,
      constants: [],
      outputs: [],
    };
    const facts = certain(await checker.probe(workload));
    return plannedStage(workload, { taskRows: MODEL_ROWS, facts });
  };
  const tasks = tasksTogether(await planned(MODEL_ROWS), MODEL_ROWS);
  const stage = await planned(tasks * MODEL_ROWS);
  const runner = certain(await openWebModelRunner({ backend: 'wasm', wasmPaths: null }));
  const session = certain(await runner.load(file));
  const device = { kernels: certain(await openWasmKernels()), session };
  const share = sampledShare({ record: LONG, trusted: false, resultsOfStage: LONG });
  const sampled = await honestOrders(stage, { store, taskRows: MODEL_ROWS, device, share });
  const full = { ...sampled[0], mode: { kind: 'recompute', share: 1 } } as const;
  const task = { work: stage.work, rows: full.rows, read: store.read };
  const lines = await sharesOf({
    work: `${MODEL_ROWS} rows of a model of two layers of ${MODEL_WIDTH}`,
    compute: () => computeTask(device, task),
    checkNew: async () => accepted([certain(await checker.check(full))]),
    checkSteady: async () => accepted(certain(await checker.checkMany(sampled))),
    steadyTasks: tasks,
    escapesNew: '0',
    escapesSteady: `(1 - w)^${Math.ceil(share * MODEL_ROWS)} where a share w of its rows is wrong`,
  });
  await session.close();
  return lines;
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
