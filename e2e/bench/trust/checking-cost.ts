import { hash } from 'node:crypto';
import type { OperatorNode, OperatorName } from '../../../src/domain/operator.ts';
import { randomStream } from '../../../src/domain/random.ts';
import type { Tensor } from '../../../src/domain/tensor.ts';
import { openWasmKernels } from '../../../src/kernels/index.ts';
import { randomFloat32 } from '../../../src/kernels/operator-case.ts';
import type { CheckOrder } from '../../../src/orchestrator/checking/check-message.ts';
import { makeChecker, type Checker } from '../../../src/orchestrator/checking/checker.ts';
import { sliceRows, type PlannedStage } from '../../../src/workloads/index.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { cpuMs } from '../cpu-ms.ts';
import { DECLARED } from './declared-bounds.ts';
import { computeTask, type HonestDevice } from './honest-devices.ts';
import { accepted, honestOrders, tasksTogether } from './honest-orders.ts';
import { productStage, type Product } from './measured-product.ts';
import { plannedStage, StageStore } from './stage-store.ts';

const RUNS = 5;
const WARM_UPS = 10;
/** Each side repeats for at least so long a run. */
const RUN_MS = 50;
const SIZE = 1024;
const PEER = 'the work itself in WASM on one thread, CPU milliseconds a task';

/** What is measured of each work: the check, the same out of blocks, and hashing what it reads. */
export const COST_NAMES = [
  'checking-cost',
  'checking-cost-out-of-blocks',
  'checking-cost-sha-256',
] as const;

/** A stage in a store, checked in tasks of so many rows. */
type Case = {
  readonly name: string;
  readonly escape: string;
  readonly taskRows: number;
  readonly stage: (store: StageStore) => Promise<PlannedStage>;
  /** What makes the results; our WASM kernels where it is left out. */
  readonly device?: (device: Device) => Device;
};

type Device = Pick<HonestDevice, 'kernels' | 'session'>;

/**
 * CPU time of complete checks over that of the work, by operator and size.
 *
 * Results of ours pass by their bits where an operator is computed again; those of a device that
 * rounds otherwise have to be compared with the references.
 */
export async function checkingCost(): Promise<readonly Line[]> {
  const kernels = certain(await openWasmKernels());
  const lines: Line[] = [];
  for (const one of [...(await products()), ...others()]) {
    lines.push(...(await costOf(one, { kernels, session: null })));
  }
  return lines;
}

async function costOf(of: Case, ours: Device): Promise<readonly Line[]> {
  const store = new StageStore();
  const stage = await of.stage(store);
  const { taskRows } = of;
  const device = of.device?.(ours) ?? ours;
  const orders = await honestOrders(stage, { store, taskRows, device, share: 1 });
  const held = makeChecker(store.blocks, { read: store.read });
  const blocks = makeChecker(store.blocks);
  const task = { work: stage.work, rows: orders[0].rows, read: store.read };
  const sides = [
    () => checked(held, orders),
    () => checked(blocks, orders),
    () => digested(store, orders),
  ];
  const runs: Run[][] = sides.map(() => []);
  // The first ones are thrown away: engines compile what repeats, on threads that cost CPU time too.
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const peer = await cpuMs(() => computeTask(ours, task), RUN_MS);
    for (const [index, side] of sides.entries()) {
      const each = (await cpuMs(side, RUN_MS)) / orders.length;
      if (run >= 0) runs[index]?.push({ value: each / peer, ours: each, peer });
    }
  }
  const work = `${of.name}; one core; a wrong result passes with a chance of ${of.escape}`;
  return COST_NAMES.map((name, index) => {
    const about = {
      suite: 'trust',
      name,
      unit: 'ratio',
      better: 'lower',
      work,
      peer: PEER,
    } as const;
    return figureOf(about, runs[index] ?? []);
  });
}

async function checked(checker: Checker, orders: readonly CheckOrder[]): Promise<void> {
  accepted(certain(await checker.checkMany(orders)));
}

/** Hashes what a check reads, as who fetches it must: what goes whole once for all tasks. */
async function digested(store: StageStore, orders: readonly CheckOrder[]): Promise<void> {
  for (const [index, { work, rows, results }] of orders.entries()) {
    const inputs = work.inputs.flatMap(({ tensor, cut }) => {
      if (cut === 'rows') return [sliceRows(tensor, rows)];
      return index === 0 ? [tensor] : [];
    });
    for (const ref of [...inputs, ...results.flatMap(({ output }) => output)]) {
      hash('sha256', certain(await store.read(ref)).bytes, 'buffer');
    }
  }
}

async function products(): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for (const operator of ['qmatmul', 'matmul'] as const) {
    for (const size of [256, 512, SIZE]) {
      cases.push(productCase({ operator, taskRows: size, size, tasks: 1 }));
    }
    for (const taskRows of [SIZE, 64]) {
      const one = { operator, taskRows, size: SIZE, tasks: 1 };
      const tasks = tasksTogether(await productStage(one, new StageStore()), taskRows);
      cases.push(productCase({ ...one, tasks }));
    }
  }
  return cases;
}

function productCase(of: Product): Case {
  const { operator, taskRows, size, tasks } = of;
  const name = `${operator} ${taskRows} x ${size} x ${size}`;
  return {
    name: tasks === 1 ? name : `${name}, ${tasks} together`,
    escape: DECLARED[operator],
    taskRows,
    stage: (store) => productStage(of, store),
  };
}

function others(): readonly Case[] {
  const random = randomStream(1, 'others');
  const floats = () => randomFloat32(random, { shape: [SIZE, SIZE] });
  const [x, y] = [floats(), floats()];
  const positive = randomFloat32(random, { shape: [SIZE, SIZE], low: 0.1, high: 2 });
  const bias = randomFloat32(random, { shape: [SIZE] });
  const one = (operator: OperatorName, inputs: Record<string, Tensor>, axis?: number): Case => {
    const node = { operator, inputs: Object.keys(inputs), output: 'out' };
    const nodes = [axis === undefined ? node : { ...node, axis }];
    return graphCase(`${operator} of ${SIZE} x ${SIZE}`, { nodes, inputs, escape: '0' });
  };
  const tanh = one('tanh', { x: positive });
  return [
    ...(['add', 'sub', 'mul', 'div', 'max', 'min'] as const).map((name) => one(name, { x, y })),
    ...(['reduce-sum', 'reduce-mean', 'reduce-max'] as const).map((name) => one(name, { x }, 1)),
    ...(['relu', 'sigmoid', 'exp', 'log'] as const).map((name) => one(name, { x: positive })),
    tanh,
    { ...tanh, name: `${tanh.name}, of a device that rounds otherwise`, device: roundingOtherwise },
    one('transpose', { x }),
    graphCase(`matmul ${SIZE} x ${SIZE} x ${SIZE}, add, relu, with the product as a witness`, {
      nodes: [
        { operator: 'matmul', inputs: ['x', 'y'], output: 'p' },
        { operator: 'add', inputs: ['p', 'bias'], output: 'q' },
        { operator: 'relu', inputs: ['q'], output: 'out' },
      ],
      inputs: { x, y, bias },
      escape: DECLARED.matmul,
    }),
  ];
}

function graphCase(
  name: string,
  of: {
    readonly nodes: readonly OperatorNode[];
    readonly inputs: Readonly<Record<string, Tensor>>;
    readonly escape: string;
  },
): Case {
  const { nodes, escape } = of;
  const stage = async (store: StageStore): Promise<PlannedStage> => {
    const inputs = await store.named(of.inputs);
    const workload = { kind: 'operators', inputs, nodes, outputs: ['out'] } as const;
    return plannedStage(workload, { taskRows: SIZE, facts: null });
  };
  return { name, escape, taskRows: SIZE, stage };
}

/** The same kernels, with the last bit of each number turned: as a GPU may have it. */
function roundingOtherwise({ kernels, session }: Device): Device {
  const run: Device['kernels']['run'] = async (call) => {
    const made = await kernels.run(call);
    if (!made.ok) return made;
    const bytes = made.value.bytes.slice();
    for (let at = 0; at < bytes.length; at += 4) bytes[at] = (bytes[at] ?? 0) ^ 1;
    return { ok: true, value: { ...made.value, bytes } };
  };
  const { backend, operators, lost } = kernels;
  return { session, kernels: { backend, operators, lost, run, close: () => kernels.close() } };
}

if (import.meta.main) for (const line of await checkingCost()) console.log(JSON.stringify(line));
