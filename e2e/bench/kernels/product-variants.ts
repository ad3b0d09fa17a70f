import { randomStream } from '../../../src/domain/random.ts';
import { growingScratch } from '../../../src/domain/scratch.ts';
import type { Tensor } from '../../../src/domain/tensor.ts';
import { inHalves } from '../../../src/kernels/halves/halves.ts';
import { openGpuDevice } from '../../../src/kernels/gpu-device.ts';
import {
  FIRST_CHOICES,
  PRODUCT_VARIANTS,
  productFormOf,
  SUBGROUP_VARIANTS,
  takingHalves,
  type ProductVariant,
} from '../../../src/kernels/product-variant.ts';
import { randomFloat32 } from '../../../src/kernels/operator-case.ts';
import { openSoftwareGpu } from '../../../src/kernels/software-gpu.contract.ts';
import { tensorOver } from '../../../src/kernels/tensor-view.ts';
import { WebGpuKernels } from '../../../src/kernels/webgpu-kernels.ts';
import { certain } from '../../network/client.ts';
import { cpuMs } from '../cpu-ms.ts';
import { figureOf, median, type Line, type Run } from '../figure.ts';

const RUNS = 5;
/** Calls of one side of one run; the median counts. */
const TURNS = 5;
/** Least CPU time of one side of one run of packing. */
const CPU_MS = 200;
const NAMES = {
  packing: 'halves-packing',
  halves: 'halves-over-floats',
  subgroups: 'subgroups-over-tiles',
};
const HALVES = [
  [1, 768, 3072],
  [128, 768, 768],
] as const;
const SUBGROUPS = [128, 512, 512] as const;
const SUITE = 'kernels';

/**
 * What products of floats gain by variants that tuning may pick, on the software GPU: whole calls, with
 * what goes there and back. Of a real GPU it says that they run, not what they gain there.
 */
export async function productVariants(): Promise<readonly Line[]> {
  const packing = await measurePacking();
  const gpu = await openSoftwareGpu();
  const device = gpu && (await openGpuDevice(gpu))?.device;
  if (!gpu || !device) {
    const skipped = 'there is no software GPU here';
    return [
      ...packing,
      ...[NAMES.halves, NAMES.subgroups].map((name) => ({ suite: SUITE, name, skipped })),
    ];
  }
  const kernelsOf = (variant: ProductVariant): WebGpuKernels => {
    const matmul = { thin: variant, small: variant, large: variant };
    const tuning = { choices: { ...FIRST_CHOICES, matmul }, source: 'timed', untimed: 0 } as const;
    return new WebGpuKernels(device, { gpu, packedDot: true, tuning });
  };
  const lines: Line[] = [...packing];
  for (const [m, k, n] of HALVES) {
    const [variant] = PRODUCT_VARIANTS[productFormOf({ m, n })];
    const inputs = [randomFloat32(randomStream(1, 'left'), { shape: [m, k] }), weights(k, n)];
    const sides = { ours: kernelsOf(takingHalves(variant)), peer: kernelsOf(variant) };
    const runs = await measure({ ...sides, inputs });
    const peer = 'the same variant, the right matrix as it comes';
    lines.push(figureOf({ ...ABOUT, name: NAMES.halves, work: workOf([m, k, n]), peer }, runs));
  }
  if (device.features.has('subgroups')) {
    const [m, k, n] = SUBGROUPS;
    const [[ours], [peer]] = [SUBGROUP_VARIANTS.small, PRODUCT_VARIANTS.small];
    const stream = randomStream(1, 'subgroups');
    const inputs = [
      [m, k],
      [k, n],
    ].map((shape) => randomFloat32(stream, { shape }));
    const runs = await measure({ ours: kernelsOf(ours), peer: kernelsOf(peer), inputs });
    const about = {
      ...ABOUT,
      name: NAMES.subgroups,
      work: workOf(SUBGROUPS),
      peer: 'the first tiles',
    };
    lines.push(figureOf(about, runs));
  } else {
    lines.push({ suite: SUITE, name: NAMES.subgroups, skipped: 'this GPU has no subgroups' });
  }
  device.destroy();
  return lines;
}

const ABOUT = { suite: SUITE, unit: 'ratio', better: 'higher' } as const;

function workOf(sizes: readonly number[]): string {
  return `matmul ${sizes.join(' x ')}, calls a second, SwiftShader in Node`;
}

/** Weights as they are published in f16. */
function weights(k: number, n: number): Tensor {
  const stream = randomStream(k, 'weights');
  const values = Float32Array.from(
    { length: k * n },
    () => (stream.nextBelow(2047) - 1023) * 2 ** -(12 + stream.nextBelow(8)),
  );
  return tensorOver({ dtype: 'float32', shape: [k, n], values });
}

async function measure(of: {
  readonly ours: WebGpuKernels;
  readonly peer: WebGpuKernels;
  readonly inputs: readonly Tensor[];
}): Promise<readonly Run[]> {
  const into = growingScratch();
  const rateOf = async (kernels: WebGpuKernels): Promise<number> => {
    const times: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const startedAtMs = performance.now();
      certain(await kernels.run({ operator: 'matmul', inputs: of.inputs }, into));
      times.push(performance.now() - startedAtMs);
    }
    return 1000 / median(times);
  };
  return runsOf(async () => [await rateOf(of.ours), await rateOf(of.peer)]);
}

/** What packing costs: weights beside a copy of them, each to fresh memory. */
async function measurePacking(): Promise<readonly Line[]> {
  const [k, n] = [768, 3072];
  const right = weights(k, n);
  const rateOf = async (work: () => unknown): Promise<number> =>
    right.bytes.byteLength / (await cpuMs(work, CPU_MS)) / 1e6;
  const runs = await runsOf(async () => [
    await rateOf(() => inHalves(right)),
    await rateOf(() => right.bytes.slice()),
  ]);
  const work = `${k} x ${n} of f16, GB of f32 a second of CPU time`;
  return [figureOf({ ...ABOUT, name: NAMES.packing, work, peer: 'a copy of them' }, runs)];
}

/** Both rates in each run, after one that warms. */
async function runsOf(measureBoth: () => Promise<[number, number]>): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const [ours, peer] = await measureBoth();
    if (run > 0) runs.push({ value: ours / peer, ours, peer });
  }
  return runs;
}
