import { assert } from '../domain/assert.ts';
import { failure, type Failure } from '../domain/failure.ts';
import { OPERATORS } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { freshMemory, type Scratch } from '../domain/scratch.ts';
import { elementCount, tensorBytes, type Tensor } from '../domain/tensor.ts';
import { checkedCall } from './checked-call.ts';
import { chooseDotProduct, useDotProduct, type DotProduct } from './choose-dot-product.ts';
import {
  ELEMENT_WISE,
  isElementWise,
  type ElementWiseOperator,
} from './element-wise/element-wise.ts';
import { allColumns, copyColumns, shapeOfColumns, type ColumnRange } from './column-range.ts';
import { definitionOf, isDefined } from './definitions.ts';
import { WASM_PLAIN, WASM_RELAXED } from './gen/wasm.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { secondOperand, type TensorSignature } from './operator-output.ts';
import { isProduct } from './product.ts';
import { aroundAxis, isReduction, REDUCTIONS } from './reduce/reduce.ts';
import { isUnary, UNARY } from './unary/unary.ts';
import type { WasmExports } from './wasm-exports.ts';
import { ensureMemory, placesOf, unfilledTensor, type Places } from './wasm-places.ts';
import { multiply } from './wasm-product.ts';

/** The two builds of the same kernels: with relaxed SIMD instructions, and with SIMD alone. */
export type WasmBuild = 'relaxed' | 'plain';

/** The WASM kernels of one build, and how it was tuned to this device. */
export type TunedKernels = Kernels & {
  readonly build: WasmBuild;
  /** How qmatmul sums: chosen by time when the kernels open, see `chooseDotProduct`. */
  readonly dotProduct: DotProduct;
};

/** The WASM kernels as they are within this room. */
export type DirectKernels = TunedKernels & {
  /**
   * Computes a call that was checked into `result`, which is of its output's type and shape.
   *
   * Errors: execution_failed (closed), limit_exceeded, out_of_memory.
   */
  runInto(call: OperatorCall, result: Tensor): Failure | null;
  /** As `runInto` of a product, some columns of the right matrix and of the result alone. */
  runColumns(call: OperatorCall, result: Tensor, columns: ColumnRange): Failure | null;
};

/**
 * Opens the WASM kernels in the best build that this engine validates, tuned to this device.
 *
 * Errors: backend_unsupported (no WebAssembly SIMD), out_of_memory.
 */
export async function openWasmKernels(): Promise<Outcome<DirectKernels>> {
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
): Promise<Outcome<DirectKernels>> {
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
): Outcome<DirectKernels> {
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

class WasmKernels implements DirectKernels {
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

  async run(call: OperatorCall, into: Scratch = freshMemory): Promise<Outcome<Tensor>> {
    const output = checkedCall(call);
    if (!output.ok) return output;
    const result = unfilledTensor(call, { output: output.value, into });
    if (!result.ok) return result;
    const failed = this.runInto(call, result.value);
    return failed === null ? result : fail(failed);
  }

  runInto(call: OperatorCall, result: Tensor): Failure | null {
    if (isProduct(call.operator)) return this.runColumns(call, result, allColumns(result));
    return this.#compute(call, result, (wasm, places) => {
      const memory = new Uint8Array(wasm.memory.buffer);
      for (const [index, { bytes }] of call.inputs.entries()) {
        memory.set(bytes, places.inputs[index] ?? 0);
      }
      if (elementCount(result.shape) > 0) dispatch(wasm, { call, places });
      result.bytes.set(memory.subarray(places.output, places.output + tensorBytes(result)));
    });
  }

  runColumns(call: OperatorCall, result: Tensor, columns: ColumnRange): Failure | null {
    const [left, right] = call.inputs;
    assert(left !== undefined && right !== undefined, 'a product was checked to have operands');
    const part = { ...call, inputs: [left, shapeOfColumns(right, columns)] };
    return this.#compute(part, shapeOfColumns(result, columns), (wasm, places) => {
      const memory = new Uint8Array(wasm.memory.buffer);
      memory.set(left.bytes, places.inputs[0] ?? 0);
      if (elementCount(result.shape) > 0) multiply(wasm, { left, right, columns, places });
      const rows = { start: 0, end: result.shape[0] ?? 0 };
      const together = memory.subarray(places.output);
      copyColumns({ matrix: result, columns, rows, together, to: 'matrix' });
    });
  }

  /** Has memory for a call with such an output, and then computes it. */
  #compute(
    call: OperatorCall,
    output: TensorSignature,
    work: (wasm: WasmExports, places: Places) => void,
  ): Failure | null {
    const wasm = this.#wasm;
    if (!wasm) return failure('execution_failed', 'these WASM kernels were closed: open anew');
    const places = placesOf(call, { output, start: wasm.operandsStart() });
    const grown = ensureMemory(wasm.memory, { call, bytes: places.end });
    if (!grown.ok) return grown.failure;
    work(wasm, places);
    return null;
  }

  close(): void {
    this.#wasm = null;
  }
}

function dispatch(
  wasm: WasmExports,
  { call, places }: { call: OperatorCall; places: Places },
): void {
  const { operator, axis = 0 } = call;
  const { inputs, output: out, scratch } = places;
  const [a = 0] = inputs;
  const [left, right] = call.inputs;
  assert(left !== undefined, `${operator} was checked to have inputs`);
  const [m = 1, n = 1] = left.shape;
  if (isDefined(operator)) {
    const shapes = call.inputs.map(({ shape }) => shape);
    return definitionOf(operator).wasm(wasm, { shapes, inputs, output: out, scratch });
  }
  if (isElementWise(operator)) return dispatchElementWise(wasm, { operator, left, right, places });
  if (isReduction(operator)) {
    const { outer, count, inner } = aroundAxis(left.shape, axis);
    return wasm.reduce(REDUCTIONS.indexOf(operator), a, out, outer, count, inner);
  }
  if (isUnary(operator)) {
    return wasm.unary(UNARY.indexOf(operator), a, out, elementCount(left.shape));
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
