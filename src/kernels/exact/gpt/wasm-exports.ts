import { failure } from '../../../domain/failure.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import { EXACT_PLAIN, EXACT_RELAXED } from '../../gen/exact.ts';
import type { WasmBuild } from '../../wasm-kernels.ts';

/** What becomes of a product's sums; numbered as in product.as.ts. */
export const MODES = { raw: 0, store: 1, add: 2, activate: 3 } as const;

/** What `exact.as.ts` exports; all numbers are byte addresses, sizes or integers of the model. */
export type ExactExports = {
  readonly memory: WebAssembly.Memory;
  freeStart(): number;
  sumWholeDots(whole: number): void;
  pack(from: number, inner: number, columns: number, out: number, small: number): void;
  norm(from: number, out: number, rows: number, width: number, gains: number, shift: number): void;
  product(
    left: number,
    stride: number,
    rows: number,
    inner: number,
    panel: number,
    panelBytes: number,
    small: number,
    columns: number,
    bias: number,
    multipliers: number,
    shift: number,
    mode: number,
    table: number,
    out: number,
    pitch: number,
    strips: number,
  ): void;
  remember(
    from: number,
    rows: number,
    width: number,
    heads: number,
    position: number,
    context: number,
    cosines: number,
    sines: number,
    queries: number,
    keys: number,
    keyBias: number,
    values: number,
  ): void;
  attend(
    queries: number,
    rows: number,
    width: number,
    heads: number,
    position: number,
    context: number,
    keys: number,
    keyBias: number,
    values: number,
    scoreMultiplier: number,
    scoreShift: number,
    attendedMultiplier: number,
    attendedShift: number,
    table: number,
    scores: number,
    weights: number,
    sums: number,
    zeros: number,
    out: number,
  ): void;
};

/** Starts one build. Errors: backend_unsupported (the engine lacks it), out_of_memory. */
export function startExact(build: WasmBuild): Outcome<ExactExports> {
  const text = build === 'relaxed' ? EXACT_RELAXED : EXACT_PLAIN;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) {
    const remedy = 'use an engine with WebAssembly SIMD: any current one';
    return fail(failure('backend_unsupported', `no WebAssembly ${build} SIMD here: ${remedy}`));
  }
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    // The module was compiled from exact.as.ts, whose exports ExactExports repeats.
    return succeed(exports as unknown as ExactExports);
  } catch (cause) {
    return fail(failure('out_of_memory', `cannot start the exact kernels: ${String(cause)}`));
  }
}
