import { spawnNodeKernelThread } from '../../../src/agent/native/index.ts';
import { randomStream } from '../../../src/domain/random.ts';
import { growingScratch } from '../../../src/domain/scratch.ts';
import { openThreadedKernels, openWasmKernels, type Kernels } from '../../../src/kernels/index.ts';
import { randomFloat32, randomInt8, randomUint7 } from '../../../src/kernels/operator-case.ts';
import { certain } from '../../network/client.ts';
import { figureOf, median, type Line, type Run } from '../figure.ts';
import { openTwoCores } from './two-cores.ts';

const SUITE = 'kernels';
const NAME = 'two-threads-over-one';
const SHARE = 'two-threads-share-of-cores';
const RUNS = 7;
/** Products of one side of one run; the median counts. */
const TURNS = 15;
const SHAPES = [
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [512, 512, 512],
  [128, 768, 3072],
] as const;

/**
 * Products over two threads beside one, by the wall: other work on the machine counts against two. And
 * beside what two cores give in the same run to a loop that needs nothing but them: cores of a virtual
 * machine may be halves of one.
 */
export async function twoThreads(): Promise<readonly Line[]> {
  const one = certain(await openWasmKernels());
  const two = certain(await openThreadedKernels({ threads: 2, spawn: spawnNodeKernelThread }));
  if (two.threads < 2) {
    const skipped = 'no second thread started';
    return [NAME, SHARE].map((name) => ({ suite: SUITE, name, skipped }));
  }
  const cores = await openTwoCores();
  const lines: Line[] = [];
  for (const sizes of SHAPES) {
    for (const operator of ['matmul', 'qmatmul'] as const) {
      const measure = measureOf(operator, sizes);
      // The first run compiles and warms.
      const runs: Run[] = [];
      const shares: Run[] = [];
      for (let run = 0; run <= RUNS; run++) {
        const [oneRate, twoRate] = [await measure(one), await measure(two)];
        const atMost = await cores.measure();
        if (run === 0) continue;
        const ratio = twoRate / oneRate;
        runs.push({ value: ratio, ours: twoRate, peer: oneRate });
        shares.push({ value: ratio / atMost, ours: ratio, peer: atMost });
      }
      const isGoal = sizes === SHAPES[0];
      const about = {
        suite: SUITE,
        name: NAME,
        unit: 'ratio',
        better: 'higher',
        work: `${operator}, ${isGoal ? '1024^3' : sizes.join(' x ')}, GOP/s or GFLOP/s by the wall`,
        peer: 'the same kernels, one thread',
        ...(isGoal ? { goal: '>= 1.7' } : {}),
      } as const;
      lines.push(figureOf(about, runs));
      const ofCores = {
        suite: SUITE,
        name: SHARE,
        unit: 'ratio',
        better: 'higher',
        work: `${operator}, ${sizes.join(' x ')}, two threads over one by the wall`,
        peer: 'the SIMD ceiling loop in two threads over one',
      } as const;
      lines.push(figureOf(ofCores, shares));
    }
  }
  one.close();
  two.close();
  await cores.close();
  return lines;
}

/** Measures operations a second, in units of 1e9. */
function measureOf(
  operator: 'matmul' | 'qmatmul',
  [m, k, n]: readonly [number, number, number],
): (kernels: Kernels) => Promise<number> {
  const stream = randomStream(1, 'two-threads');
  const inputs =
    operator === 'matmul'
      ? [randomFloat32(stream, { shape: [m, k] }), randomFloat32(stream, { shape: [k, n] })]
      : [randomUint7(stream, [m, k]), randomInt8(stream, [k, n])];
  const into = growingScratch();
  return async (kernels) => {
    const times: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const startedAtMs = performance.now();
      certain(await kernels.run({ operator, inputs }, into));
      times.push(performance.now() - startedAtMs);
    }
    return (2 * m * k * n) / median(times) / 1e6;
  };
}
