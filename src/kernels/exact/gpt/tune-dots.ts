import { EXACT_TUNE_MS } from '../../../domain/limits.ts';
import type { WasmBuild } from '../../wasm-kernels.ts';
import { MODES, type ExactExports } from './wasm-exports.ts';
import type { WasmLayout } from './wasm-layout.ts';

/** What was found here, until this process or worker ends. */
const wholeIsFaster = new Map<WasmBuild, boolean>();

/**
 * Chooses the dot product that is faster on this processor; both give the same bits.
 *
 * Engines compile what is hot anew, in the background, so it tries for EXACT_TUNE_MS and compares
 * the best times.
 */
export function tuneDots(
  wasm: ExactExports,
  { build, layout }: { build: WasmBuild; layout: WasmLayout },
): void {
  // The other build has one way only.
  if (build === 'plain') return;
  const known = wholeIsFaster.get(build) ?? isWholeFaster(wasm, layout);
  wholeIsFaster.set(build, known);
  wasm.sumWholeDots(known ? 1 : 0);
}

function isWholeFaster(wasm: ExactExports, layout: WasmLayout): boolean {
  const best = [Infinity, Infinity];
  const end = performance.now() + EXACT_TUNE_MS;
  while (performance.now() < end) {
    for (const whole of [0, 1]) {
      wasm.sumWholeDots(whole);
      const start = performance.now();
      for (let run = 0; run < RUNS; run++) sample(wasm, layout);
      best[whole] = Math.min(best[whole] ?? Infinity, performance.now() - start);
    }
  }
  const [pairs = 0, whole = 0] = best;
  return whole < pairs;
}

/** So many that even clocks of a tenth of a millisecond tell them apart. */
const RUNS = 256;
const [INNER, COLUMNS] = [512, 64];

/** One row by some columns, as decoding multiplies; its weights are its row and bias too. */
function sample(wasm: ExactExports, { tuning }: WasmLayout): void {
  const right = [tuning, INNER * 8, 0, COLUMNS, tuning, tuning, 1] as const;
  const out = tuning + INNER * COLUMNS;
  wasm.product(tuning, INNER, 1, INNER, ...right, MODES.raw, 0, out, 4 * COLUMNS);
}
