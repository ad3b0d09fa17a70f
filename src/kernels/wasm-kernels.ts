import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import { OPERATORS } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { elementCount, tensorBytes, type Tensor } from '../domain/tensor.ts';
import { checkedCall } from './checked-call.ts';
import { chooseDotProduct, useDotProduct, type DotProduct } from './choose-dot-product.ts';
import {
  ELEMENT_WISE,
  isElementWise,
  type ElementWiseOperator,
} from './element-wise/element-wise.ts';
import { definitionOf, isDefined } from './definitions.ts';
import { WASM_PLAIN, WASM_RELAXED } from './gen/wasm.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { secondOperand, type TensorSignature } from './operator-output.ts';
import { isProduct } from './product.ts';
import { aroundAxis, isReduction, REDUCTIONS } from './reduce/reduce.ts';
import { isUnary, UNARY } from './unary/unary.ts';
import type { WasmExports } from './wasm-exports.ts';
import { ensureMemory, outOfMemory, placesOf, type Places } from './wasm-places.ts';
import { multiply } from './wasm-product.ts';

/** The two builds of the same kernels: with relaxed SIMD instructions, and with SIMD alone. */
export type WasmBuild = 'relaxed' | 'plain';

/** The WASM kernels of one build, and how it was tuned to this device. */
export type TunedKernels = Kernels & {
  readonly build: WasmBuild;
  /** How qmatmul sums: chosen by time when the kernels open, see `chooseDotProduct`. */
  readonly dotProduct: DotProduct;
};

/**
 * Opens the WASM kernels in the best build that this engine validates, tuned to this device.
 *
 * Errors: backend_unsupported (no WebAssembly SIMD), out_of_memory.
 */
export async function openWasmKernels(): Promise<Outcome<TunedKernels>> {
  const relaxed = await openWasmBuild('relaxed');
  if (relaxed.ok || relaxed.failure.code !== 'backend_unsupported') return relaxed;
  return openWasmBuild('plain');
}

/**
 * As `openWasmKernels`, but compiles at once: for threads that may wait some milliseconds, and where
 * nothing may be awaited.
 *
 * Errors: as of `openWasmKernels`.
 */
export function openWasmKernelsAtOnce(): Outcome<TunedKernels> {
  for (const build of ['relaxed', 'plain'] as const) {
    const bytes = bytesOf(BUILDS[build]);
    if (!WebAssembly.validate(bytes)) continue;
    const start = () => new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return startedWith(start, { build });
  }
  const remedy = 'use an engine with WebAssembly SIMD: any current one';
  return fail(failure('backend_unsupported', `no WebAssembly SIMD here: ${remedy}`));
}

/**
 * Opens one build of the WASM kernels; tuned to this device if `dotProduct` does not say how.
 *
 * Errors: backend_unsupported (the engine lacks the instructions), out_of_memory.
 */
export async function openWasmBuild(
  build: WasmBuild,
  dotProduct?: DotProduct,
): Promise<Outcome<TunedKernels>> {
  const bytes = bytesOf(BUILDS[build]);
  if (!WebAssembly.validate(bytes)) {
    const remedy = 'use a browser with WebAssembly SIMD: any current one';
    return fail(failure('backend_unsupported', `no WebAssembly ${build} SIMD here: ${remedy}`));
  }
  try {
    const { instance } = await WebAssembly.instantiate(bytes);
    return startedWith(() => instance, { build, dotProduct });
  } catch (cause) {
    return cannotStart(cause);
  }
}

const BUILDS = { relaxed: WASM_RELAXED, plain: WASM_PLAIN } as const;

/** What to start, and how it sums; without `dotProduct` what is faster here. */
type Wanted = { readonly build: WasmBuild; readonly dotProduct?: DotProduct | undefined };

function startedWith(
  start: () => WebAssembly.Instance,
  { build, dotProduct }: Wanted,
): Outcome<TunedKernels> {
  try {
    // The module was compiled from kernels.as.ts, whose exports WasmExports repeats.
    const wasm = start().exports as unknown as WasmExports;
    return succeed(
      new WasmKernels(wasm, { build, dotProduct: tuned(wasm, { build, dotProduct }) }),
    );
  } catch (cause) {
    return cannotStart(cause);
  }
}

function tuned(wasm: WasmExports, { build, dotProduct }: Wanted): DotProduct {
  // The plain build has no other way.
  if (build === 'plain') return 'fused';
  if (dotProduct === undefined) return chooseDotProduct(wasm);
  useDotProduct(wasm, dotProduct);
  return dotProduct;
}

function cannotStart(cause: unknown): Outcome<never> {
  return fail(failure('out_of_memory', `cannot start the WASM kernels: ${String(cause)}`));
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

class WasmKernels implements TunedKernels {
  readonly backend = 'wasm';
  readonly build: WasmBuild;
  readonly dotProduct: DotProduct;
  readonly operators = new Set(OPERATORS);
  readonly lost = new Promise<string>(() => {});
  #wasm: WasmExports | null;

  constructor(wasm: WasmExports, how: { build: WasmBuild; dotProduct: DotProduct }) {
    this.#wasm = wasm;
    this.build = how.build;
    this.dotProduct = how.dotProduct;
  }

  async run(call: OperatorCall): Promise<Outcome<Tensor>> {
    const wasm = this.#wasm;
    if (!wasm)
      return fail(failure('execution_failed', 'these WASM kernels were closed: open anew'));
    const output = checkedCall(call);
    if (!output.ok) return output;
    const places = placesOf(call, { output: output.value, start: wasm.operandsStart() });
    const grown = ensureMemory(wasm.memory, { call, bytes: places.end });
    if (!grown.ok) return grown;
    try {
      return succeed(compute(wasm, { call, output: output.value, places }));
    } catch (cause) {
      // Only the copy of the output allocates; a trap in a kernel would be a bug, and not a Range
      // error.
      if (!(cause instanceof RangeError)) throw cause;
      return outOfMemory(call, tensorBytes(output.value));
    }
  }

  close(): void {
    this.#wasm = null;
  }
}

function compute(
  wasm: WasmExports,
  of: { call: OperatorCall; output: TensorSignature; places: Places },
): Tensor {
  const { call, output, places } = of;
  const [left, right] = call.inputs;
  assert(left !== undefined, `${call.operator} was checked to have inputs`);
  const memory = new Uint8Array(wasm.memory.buffer);
  if (right !== undefined && isProduct(call.operator)) {
    memory.set(left.bytes, places.inputs[0] ?? 0);
    if (elementCount(output.shape) > 0) multiply(wasm, { left, right, places });
  } else {
    for (const [index, { bytes }] of call.inputs.entries()) {
      memory.set(bytes, places.inputs[index] ?? 0);
    }
    if (elementCount(output.shape) > 0) dispatch(wasm, { call, left, right, places });
  }
  const end = places.output + tensorBytes(output);
  return { ...output, bytes: memory.slice(places.output, end) };
}

function dispatch(
  wasm: WasmExports,
  of: { call: OperatorCall; left: Tensor; right: Tensor | undefined; places: Places },
): void {
  const { operator, axis = 0 } = of.call;
  const { inputs, output: out } = of.places;
  const [a = 0] = inputs;
  const [m = 1, n = 1] = of.left.shape;
  if (isDefined(operator)) {
    const shapes = of.call.inputs.map(({ shape }) => shape);
    return definitionOf(operator).wasm(wasm, { shapes, inputs, output: out });
  }
  if (isElementWise(operator)) return dispatchElementWise(wasm, { ...of, operator });
  if (isReduction(operator)) {
    const { outer, count, inner } = aroundAxis(of.left.shape, axis);
    return wasm.reduce(REDUCTIONS.indexOf(operator), a, out, outer, count, inner);
  }
  if (isUnary(operator)) {
    return wasm.unary(UNARY.indexOf(operator), a, out, elementCount(of.left.shape));
  }
  assert(operator === 'transpose', `${operator} has a kernel`);
  wasm.transpose(a, out, m, n);
}

function dispatchElementWise(
  wasm: WasmExports,
  of: { operator: ElementWiseOperator; left: Tensor; right: Tensor | undefined; places: Places },
): void {
  const { inputs, output: out } = of.places;
  const [a = 0, b = 0] = inputs;
  const operation = ELEMENT_WISE.indexOf(of.operator);
  const how = secondOperand(of.left.shape, of.right?.shape ?? []);
  if (how === 'row') {
    const [rows = 1, columns = 1] = of.left.shape;
    wasm.elementWise(operation, a, b, out, rows, columns, 4);
    return;
  }
  if (how === 'scalar') {
    const lanes = new Uint8Array(wasm.memory.buffer, b, 16);
    for (const lane of [4, 8, 12]) lanes.copyWithin(lane, 0, 4);
  }
  const step = how === 'scalar' ? 0 : 4;
  wasm.elementWise(operation, a, b, out, 1, elementCount(of.left.shape), step);
}
