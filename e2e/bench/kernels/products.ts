import { randomStream } from '../../../src/domain/random.ts';
import { growingScratch } from '../../../src/domain/scratch.ts';
import {
  openCeiling,
  openWasmKernels,
  type Ceiling,
  type TunedKernels,
} from '../../../src/kernels/index.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../../../src/kernels/operator-case.ts';
import { certain } from '../../network/client.ts';
import { figureOf, type Figure, type Line, type Run } from '../figure.ts';
import { cpuMs } from '../cpu-ms.ts';
import { openOrtProduct } from './ort-product.ts';

const RUNS = 7;
/** Least CPU time of one side of one run. */
const SIDE_MS = 120;
const WARM_MS = 400;
/** Much more than the caches of a core, and of what it shares with others, hold. */
const MEMORY_BYTES = 128 * 1024 * 1024;
const CEILING_TURNS = 100_000;

type Sizes = readonly [m: number, k: number, n: number];

/** The shape that goals are set on. */
const GOAL: Sizes = [1024, 1024, 1024];
const SHAPES: readonly Sizes[] = [
  GOAL,
  [2048, 2048, 2048],
  [512, 512, 512],
  [128, 768, 3072],
  [64, 768, 768],
  [1, 768, 3072],
  [1, 768, 768],
];

const GOALS: Readonly<Record<string, string>> = {
  'qmatmul-over-ort-int8': '>= 3',
  'qmatmul-over-ort-f32': '>= 7',
  'matmul-over-ort-f32': '>= 1.8',
};

/** Products of the shapes that models have, on one core: beside onnxruntime-web and the ceilings. */
export async function products(): Promise<readonly Line[]> {
  const kernels = certain(await openWasmKernels());
  const ceiling = certain(openCeiling());
  const lines: Line[] = [];
  for (const sizes of SHAPES) lines.push(...(await linesOf({ kernels, ceiling, sizes })));
  kernels.close();
  return lines;
}

/** GOP/s (or GB/s) of each side, in turn. */
type Rates = Record<
  'matmul' | 'qmatmul' | 'ortF32' | 'ortInt8' | 'floats' | 'bytes' | 'memory',
  number
>;

async function linesOf(of: {
  kernels: TunedKernels;
  ceiling: Ceiling;
  sizes: Sizes;
}): Promise<readonly Figure[]> {
  const { kernels, sizes } = of;
  const measure = await openShape(of);
  await measure(WARM_MS);
  const runs: Rates[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measure(SIDE_MS));
  const [m, k, n] = sizes;
  const shape = sizes === GOAL ? '1024^3' : sizes.join(' x ');
  const how = `qmatmul sums ${kernels.dotProduct}, ${kernels.build} build`;
  const line = (name: string, peer: string, pair: (rates: Rates) => readonly [number, number]) => {
    const goal = sizes === GOAL ? GOALS[name] : undefined;
    return figureOf(
      {
        suite: 'kernels',
        name,
        unit: 'ratio',
        better: 'higher',
        work: `${shape}, one core, GOP/s or GFLOP/s of CPU time; ${how}`,
        peer,
        ...(goal === undefined ? {} : { goal }),
      },
      runs.map((rates): Run => {
        const [ours, theirs] = pair(rates);
        return { value: ours / theirs, ours, peer: theirs };
      }),
    );
  };
  const ORT = 'onnxruntime-web 1.30';
  const lines = [
    line('qmatmul-over-ort-int8', `${ORT} MatMulInteger`, (r) => [r.qmatmul, r.ortInt8]),
    line('qmatmul-over-ort-f32', `${ORT} MatMul`, (r) => [r.qmatmul, r.ortF32]),
    line('matmul-over-ort-f32', `${ORT} MatMul`, (r) => [r.matmul, r.ortF32]),
  ];
  if (m > 1) {
    return [
      ...lines,
      line('simd-ceiling-share', 'qmatmul: i8 in registers alone', (r) => [r.qmatmul, r.bytes]),
      line('simd-ceiling-share', 'matmul: f32 in registers alone', (r) => [r.matmul, r.floats]),
    ];
  }
  // A row by a matrix reads each byte of the matrix for one multiplication: GB/s of it.
  const bytesPerOperation = (k * n) / (2 * m * k * n);
  return [
    ...lines,
    line('decode-over-memory', 'qmatmul: GB/s that a core reads from memory', (r) => [
      r.qmatmul * bytesPerOperation,
      r.memory,
    ]),
    line('decode-over-memory', 'matmul: GB/s that a core reads from memory', (r) => [
      r.matmul * 4 * bytesPerOperation,
      r.memory,
    ]),
  ];
}

/** What measures one shape: all sides in turn, each for so much CPU time. */
async function openShape(of: {
  kernels: TunedKernels;
  ceiling: Ceiling;
  sizes: Sizes;
}): Promise<(leastMs: number) => Promise<Rates>> {
  const { kernels, ceiling } = of;
  const [m, k, n] = of.sizes;
  const stream = randomStream(1, 'products');
  const floats = [
    randomFloat32(stream, { shape: [m, k] }),
    randomFloat32(stream, { shape: [k, n] }),
  ] as const;
  const bytes = [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])] as const;
  const [ortF32, ortInt8] = [await openOrtProduct(...floats), await openOrtProduct(...bytes)];
  const operations = 2 * m * k * n;
  const rate = async (work: () => unknown, leastMs: number) =>
    operations / (await cpuMs(work, leastMs)) / 1e6;
  const into = growingScratch();
  const ours = (operator: 'matmul' | 'qmatmul') => async () =>
    certain(await kernels.run({ operator, inputs: operator === 'matmul' ? floats : bytes }, into));
  const roof = async (loop: (turns: number) => number, leastMs: number) =>
    loop(1) * (CEILING_TURNS / (await cpuMs(() => loop(CEILING_TURNS), leastMs)) / 1e6);
  return async (leastMs) => {
    const ways = [];
    for (const way of ceiling.multiplyBytes) ways.push(await roof(way, leastMs));
    const readMs = await cpuMs(() => ceiling.readMemory(MEMORY_BYTES), leastMs);
    return {
      ortInt8: await rate(ortInt8, leastMs),
      qmatmul: await rate(ours('qmatmul'), leastMs),
      ortF32: await rate(ortF32, leastMs),
      matmul: await rate(ours('matmul'), leastMs),
      floats: await roof(ceiling.multiplyFloats, leastMs),
      bytes: Math.max(...ways),
      memory: MEMORY_BYTES / readMs / 1e6,
    };
  };
}
