import { EXACT_TUNE_MS } from '../../../domain/limits.ts';
import { fastestOf } from '../../fastest-choice.ts';
import type { WasmBuild } from '../../wasm-kernels.ts';
import { MODES, type ExactExports } from './wasm-exports.ts';
import type { WasmLayout } from './wasm-layout.ts';

/** What was found here, until this process or worker ends. */
let isWholeFaster: boolean | null = null;

/** Chooses the dot product that is faster on this processor; both give the same bits. */
export function tuneDots(
  wasm: ExactExports,
  { build, layout }: { build: WasmBuild; layout: WasmLayout },
): void {
  // The other build has one way only.
  if (build === 'plain') return;
  isWholeFaster ??= fastestOf([false, true], {
    attempt: (whole) => {
      sumWhole(wasm, whole);
      for (let run = 0; run < RUNS; run++) sample(wasm, layout);
    },
    forMs: EXACT_TUNE_MS,
  });
  sumWhole(wasm, isWholeFaster);
}

function sumWhole(wasm: ExactExports, whole: boolean): void {
  wasm.sumWholeDots(whole ? 1 : 0);
}

/** So many that even clocks of a tenth of a millisecond tell them apart. */
const RUNS = 256;
const [INNER, COLUMNS] = [512, 64];

/** One row by some columns, as decoding multiplies; its weights are its row and bias too. */
function sample(wasm: ExactExports, { tuning }: WasmLayout): void {
  const right = [tuning, INNER * 8, 0, COLUMNS, tuning, tuning, 1] as const;
  const out = tuning + INNER * COLUMNS;
  wasm.product(tuning, INNER, 1, INNER, ...right, MODES.raw, 0, out, 4 * COLUMNS, 0);
}
