import { WASM_TUNING_MS_MAX } from '../domain/limits.ts';
import { fastestOf } from './fastest-choice.ts';
import type { WasmExports } from './wasm-exports.ts';

/** How the relaxed build sums products of bytes, see product-word.as.ts; the bits are the same. */
export type DotProduct = 'fused' | 'pairs';

/** 64 rows and 64 columns, 1024 deep: 8.4 million operations, about 0.1 ms once compiled well. */
const [ROWS, DEPTH] = [64, 1024];

/** So many that clocks of pages, which tick as rarely as each 0.1 ms, tell them apart. */
const RUNS = 4;

/** What was found here, until this process or worker ends. */
let chosenHere: DotProduct | null = null;

/**
 * Has products of bytes summed in the way that is faster on this device, and returns it.
 *
 * A device that is too slow or too busy to tell within WASM_TUNING_MS_MAX gets the one that was
 * faster until then, which changes no result. It is tried once in each process or worker.
 */
export function chooseDotProduct(wasm: WasmExports): DotProduct {
  chosenHere ??= fasterDotProduct(wasm);
  useDotProduct(wasm, chosenHere);
  return chosenHere;
}

function fasterDotProduct(wasm: WasmExports): DotProduct {
  const a = wasm.operandsStart();
  const b = a + ROWS * DEPTH;
  const c = b + ROWS * DEPTH;
  growTo(wasm.memory, c + ROWS * ROWS * 4);
  return fastestOf<DotProduct>(['fused', 'pairs'], {
    attempt: (choice) => {
      useDotProduct(wasm, choice);
      for (let run = 0; run < RUNS; run++) wasm.qmatmul(a, b, c, ROWS, DEPTH, ROWS, 0, DEPTH);
    },
    forMs: WASM_TUNING_MS_MAX,
  });
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
