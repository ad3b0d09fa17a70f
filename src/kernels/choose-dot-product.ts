import { WASM_TUNING_MS_MAX } from '../domain/limits.ts';
import type { WasmExports } from './wasm-exports.ts';

/** How the relaxed build sums products of bytes, see product-word.as.ts; the bits are the same. */
export type DotProduct = 'fused' | 'pairs';

const CHOICES: readonly DotProduct[] = ['fused', 'pairs'];

/** 64 rows and 64 columns, 1024 deep: 8.4 million operations, about 0.1 ms once compiled well. */
const [ROWS, DEPTH] = [64, 1024];

/**
 * Times both ways to sum products of bytes on this device, and returns the faster one.
 *
 * In turn, each by its fastest run: an engine compiles in two stages, and the first runs are of the
 * first one. A device that is too slow or too busy to tell within WASM_TUNING_MS_MAX gets the one
 * that was faster until then, which changes no result.
 */
export function chooseDotProduct(wasm: WasmExports): DotProduct {
  const a = wasm.operandsStart();
  const b = a + ROWS * DEPTH;
  const c = b + ROWS * DEPTH;
  growTo(wasm.memory, c + ROWS * ROWS * 4);
  const fastestMs = new Map<DotProduct, number>();
  const startedAtMs = performance.now();
  let endedAtMs = startedAtMs;
  do {
    for (const choice of CHOICES) {
      useDotProduct(wasm, choice);
      const begunAtMs = performance.now();
      // Clocks of pages tick as rarely as each 0.1 ms.
      for (let run = 0; run < 4; run++) wasm.qmatmul(a, b, c, ROWS, DEPTH, ROWS, 0, DEPTH);
      endedAtMs = performance.now();
      const ms = endedAtMs - begunAtMs;
      fastestMs.set(choice, Math.min(fastestMs.get(choice) ?? Infinity, ms));
    }
  } while (endedAtMs - startedAtMs < WASM_TUNING_MS_MAX);
  const [fused = 0, pairs = 0] = CHOICES.map((choice) => fastestMs.get(choice));
  const chosen = pairs < fused ? 'pairs' : 'fused';
  useDotProduct(wasm, chosen);
  return chosen;
}

/** Sums products of bytes in this way from now on. */
export function useDotProduct(wasm: WasmExports, choice: DotProduct): void {
  wasm.sumByPairs(choice === 'pairs' ? 1 : 0);
}

const PAGE_BYTES = 65_536;

function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
