import { hash } from 'node:crypto';
import { assert } from '../../../src/domain/assert.ts';
import type { OperatorName } from '../../../src/domain/operator.ts';
import { randomStream, wideStream, type RandomStream } from '../../../src/domain/random.ts';
import type { Tensor } from '../../../src/domain/tensor.ts';
import {
  openWasmKernels,
  openWasmKernelsAtOnce,
  openWasmProjector,
  type Kernels,
} from '../../../src/kernels/index.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../../../src/kernels/operator-case.ts';
import { tensorReader } from '../../../src/orchestrator/tensor-reader.ts';
import {
  EXACT_ESCAPE_MAX,
  FLOAT_ESCAPE_MAX,
  type Projector,
} from '../../../src/validation/index.ts';
import { checkByRecompute, sliceRows, type TensorReader } from '../../../src/workloads/index.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Line, type Run } from '../figure.ts';
import { checkedStage, computed, type CheckedStage, type Graph } from './checked-stage.ts';

const RUNS = 5;
/** Each run repeats both sides for at least so long, so that the clock is fine enough. */
const RUN_MS = 150;
/** Runs that are thrown away: until then machine code is still being made, on other threads. */
const WARM_UPS = 2;
const PEER = 'the work itself on our WASM kernels, CPU milliseconds';

/** What an orchestrator checks with. */
type Ours = { readonly projector: Projector; readonly kernels: Kernels };

/** What is measured: a graph, and the chance that a wrong result of it passes. */
type Case = {
  readonly name: string;
  readonly graph: Graph;
  readonly escape: string;
};

/**
 * CPU time of the complete check of one result over that of the work, by operator and size, with all
 * bytes in memory; and what reading and hashing them costs. See checking-shares.ts for batches.
 */
export async function checkingCost(): Promise<readonly Line[]> {
  const kernels = certain(await openWasmKernels());
  const ours = {
    projector: certain(openWasmProjector()),
    kernels: certain(openWasmKernelsAtOnce()),
  };
  const lines: Line[] = [];
  for (const of of [...products(), ...others()]) {
    const stage = await checkedStage(of.graph, kernels);
    const check = () => checked(stage, ours);
    lines.push(await share(of, { name: 'checking-share-full', check, kernels }));
  }
  for (const operator of ['qmatmul', 'matmul'] as const) {
    const of = product(operator, 1024);
    const stage = await checkedStage(of.graph, kernels);
    const cold = { ...of, escape: 'none: what is checked is read' };
    const read = () => readAll(stage, tensorReader(stage.blocks));
    lines.push(await share(cold, { name: 'checking-reading-share', check: read, kernels }));
    const digest = () => digestAll(stage);
    lines.push(await share(cold, { name: 'checking-sha-256-share', check: digest, kernels }));
  }
  return lines;
}

function products(): readonly Case[] {
  const cases: Case[] = [];
  for (const operator of ['qmatmul', 'matmul'] as const) {
    for (const size of [256, 512]) cases.push(product(operator, size));
  }
  return cases;
}

function product(operator: 'matmul' | 'qmatmul', size: number): Case {
  const random = randomStream(size, operator);
  const [x, w] =
    operator === 'matmul'
      ? [floats(random, [size, size]), floats(random, [size, size])]
      : [randomUint7(random, [size, size]), randomInt8(random, [size, size])];
  const nodes = [{ operator, inputs: ['x', 'w'], output: 'y' }];
  const escape =
    operator === 'qmatmul'
      ? `<= ${EXACT_ESCAPE_MAX.toExponential(1)}`
      : `<= ${FLOAT_ESCAPE_MAX.toExponential(1)} for one element off by 64 tolerances`;
  const graph = { nodes, inputs: named({ x, w }) };
  return { name: `${operator} ${size} x ${size} x ${size}`, graph, escape };
}

function others(): readonly Case[] {
  const random = randomStream(1, 'others');
  const [x, y] = [floats(random, [1024, 1024]), floats(random, [1024, 1024])];
  const positive = randomFloat32(random, { shape: [1024, 1024], low: 0.1, high: 2 });
  const one = (operator: OperatorName, inputs: Record<string, Tensor>, axis?: number): Case => {
    const node = { operator, inputs: Object.keys(inputs), output: 'out' };
    const nodes = [axis === undefined ? node : { ...node, axis }];
    const graph = { nodes, inputs: named(inputs) };
    return { name: `${operator} of 1024 x 1024`, graph, escape: '0' };
  };
  return [
    ...(['add', 'sub', 'mul', 'div', 'max', 'min'] as const).map((name) => one(name, { x, y })),
    ...(['reduce-sum', 'reduce-mean', 'reduce-max'] as const).map((name) => one(name, { x }, 1)),
    ...(['relu', 'tanh', 'sigmoid', 'exp', 'log'] as const).map((name) => {
      return one(name, { x: positive });
    }),
    one('transpose', { x }),
    chain({ x, y }),
  ];
}

function chain({ x, y }: { x: Tensor; y: Tensor }): Case {
  const bias = floats(randomStream(2, 'bias'), [1024]);
  const nodes = [
    { operator: 'matmul' as const, inputs: ['x', 'y'], output: 'p' },
    { operator: 'add' as const, inputs: ['p', 'bias'], output: 'q' },
    { operator: 'relu' as const, inputs: ['q'], output: 'out' },
  ];
  return {
    name: 'matmul 1024 x 1024 x 1024 -> add -> relu, product reported as a witness',
    graph: { nodes, inputs: named({ x, y, bias }) },
    escape: `<= ${FLOAT_ESCAPE_MAX.toExponential(1)} for one element off by 64 tolerances`,
  };
}

async function share(
  of: Case,
  by: { readonly name: string; readonly check: () => Promise<void>; readonly kernels: Kernels },
): Promise<Line> {
  const work = async () => void (await computed(of.graph, by.kernels));
  const runs: Run[] = [];
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const peer = await cpuMs(work);
    const ours = await cpuMs(by.check);
    if (run >= 0) runs.push({ value: ours / peer, ours, peer });
  }
  const about = {
    suite: 'trust',
    name: by.name,
    unit: 'ratio',
    better: 'lower',
    work: `${of.name}, one core; a wrong result passes with a chance of ${of.escape}`,
    peer: PEER,
  } as const;
  return figureOf(about, runs);
}

/** CPU time of one call, over as many as take RUN_MS. Milliseconds. */
async function cpuMs(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  let calls = 0;
  let usedMs = 0;
  while (usedMs < RUN_MS) {
    await run();
    calls += 1;
    const { user, system } = process.cpuUsage(before);
    usedMs = (user + system) / 1000;
  }
  return usedMs / calls;
}

let checks = 0;

async function checked({ work, rows, output, read }: CheckedStage, by: Ours): Promise<void> {
  // Another seed each time, as in life.
  const random = wideStream([++checks, 0, 0, 0], 'check');
  const task = { rows, results: [{ lease: 0, output }], session: null, random };
  const { accepted } = certain(await checkByRecompute({ ...task, ...by, work, read, share: 1 }));
  assert(accepted === 0, 'an honest result is accepted');
}

/** Reads what a check reads, from blocks that are in memory and verified. */
async function readAll({ work, rows, output }: CheckedStage, read: TensorReader): Promise<void> {
  for (const { tensor } of work.inputs) certain(await read(tensor));
  for (const ref of output) certain(await read(sliceRows(ref, rows)));
}

/** Hashes what a check reads, as a store does that does not trust its disk. */
async function digestAll({ work, output, read }: CheckedStage): Promise<void> {
  for (const ref of [...work.inputs.map(({ tensor }) => tensor), ...output]) {
    hash('sha256', certain(await read(ref)).bytes, 'buffer');
  }
}

function floats(random: RandomStream, shape: readonly [number, number] | readonly [number]) {
  return randomFloat32(random, { shape });
}

function named(tensors: Record<string, Tensor>): ReadonlyMap<string, Tensor> {
  return new Map(Object.entries(tensors));
}
