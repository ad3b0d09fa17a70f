import { assert, assertNever } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import { WASM_MEMORY_BYTES_MAX } from '../domain/limits.ts';
import { OPERATORS } from '../domain/operator.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { elementCount, tensorBytes, type Tensor } from '../domain/tensor.ts';
import { checkedCall } from './checked-call.ts';
import {
  ELEMENT_WISE,
  isElementWise,
  type ElementWiseOperator,
} from './element-wise/element-wise.ts';
import { WASM_PLAIN, WASM_RELAXED } from './gen/wasm.ts';
import type { Kernels, OperatorCall } from './kernels.ts';
import { secondOperand, type TensorSignature } from './operator-output.ts';
import { aroundAxis, isReduction, REDUCTIONS } from './reduce/reduce.ts';
import { isUnary, UNARY } from './unary/unary.ts';

/** The two builds of the same kernels: with relaxed SIMD instructions, and with SIMD alone. */
export type WasmBuild = 'relaxed' | 'plain';

/** What `kernels.as.ts` exports; all numbers are byte addresses, sizes or operation numbers. */
type WasmExports = {
  readonly memory: WebAssembly.Memory;
  operandsStart(): number;
  matmul(a: number, b: number, out: number, m: number, k: number, n: number): void;
  qmatmul(a: number, b: number, out: number, m: number, k: number, n: number): void;
  elementWise(
    operation: number,
    a: number,
    b: number,
    out: number,
    rows: number,
    columns: number,
    step: number,
  ): void;
  reduce(
    operation: number,
    from: number,
    out: number,
    outer: number,
    count: number,
    inner: number,
  ): void;
  unary(operation: number, from: number, out: number, count: number): void;
  transpose(from: number, out: number, m: number, n: number): void;
};

/**
 * Opens the WASM kernels in the best build that this engine validates.
 *
 * Errors: backend_unsupported (no WebAssembly SIMD), out_of_memory.
 */
export async function openWasmKernels(): Promise<Outcome<Kernels>> {
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
export function openWasmKernelsAtOnce(): Outcome<Kernels> {
  for (const text of [WASM_RELAXED, WASM_PLAIN]) {
    const bytes = bytesOf(text);
    if (!WebAssembly.validate(bytes)) continue;
    return startedWith(() => new WebAssembly.Instance(new WebAssembly.Module(bytes)));
  }
  const remedy = 'use an engine with WebAssembly SIMD: any current one';
  return fail(failure('backend_unsupported', `no WebAssembly SIMD here: ${remedy}`));
}

/**
 * Opens one build of the WASM kernels.
 *
 * Errors: backend_unsupported (the engine lacks the instructions), out_of_memory.
 */
export async function openWasmBuild(build: WasmBuild): Promise<Outcome<Kernels>> {
  const bytes = bytesOf(build === 'relaxed' ? WASM_RELAXED : WASM_PLAIN);
  if (!WebAssembly.validate(bytes)) {
    const remedy = 'use a browser with WebAssembly SIMD: any current one';
    return fail(failure('backend_unsupported', `no WebAssembly ${build} SIMD here: ${remedy}`));
  }
  try {
    const { instance } = await WebAssembly.instantiate(bytes);
    return startedWith(() => instance);
  } catch (cause) {
    return cannotStart(cause);
  }
}

function startedWith(start: () => WebAssembly.Instance): Outcome<Kernels> {
  try {
    // The module was compiled from kernels.as.ts, whose exports WasmExports repeats.
    return succeed(new WasmKernels(start().exports as unknown as WasmExports));
  } catch (cause) {
    return cannotStart(cause);
  }
}

function cannotStart(cause: unknown): Outcome<never> {
  return fail(failure('out_of_memory', `cannot start the WASM kernels: ${String(cause)}`));
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

class WasmKernels implements Kernels {
  readonly backend = 'wasm';
  readonly operators = new Set(OPERATORS);
  readonly lost = new Promise<string>(() => {});
  #wasm: WasmExports | null;

  constructor(wasm: WasmExports) {
    this.#wasm = wasm;
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

/** Where the operands of a call lie in memory. */
type Places = {
  readonly left: number;
  readonly right: number;
  readonly output: number;
  readonly end: number;
};

function placesOf(
  call: OperatorCall,
  { output, start }: { output: TensorSignature; start: number },
): Places {
  const [left, right] = call.inputs;
  const afterLeft = alignedAfter(start, left?.bytes.byteLength ?? 0);
  // A scalar is stored four times, to fill a vector.
  const afterRight = alignedAfter(afterLeft, Math.max(16, right?.bytes.byteLength ?? 0));
  const end = alignedAfter(afterRight, tensorBytes(output));
  return { left: start, right: afterLeft, output: afterRight, end };
}

function alignedAfter(start: number, bytes: number): number {
  return Math.ceil((start + bytes) / 64) * 64;
}

const PAGE_BYTES = 65_536;

function ensureMemory(
  memory: WebAssembly.Memory,
  { call, bytes }: { call: OperatorCall; bytes: number },
): Outcome<null> {
  if (bytes > WASM_MEMORY_BYTES_MAX) {
    const limit = `${bytes} bytes are above ${WASM_MEMORY_BYTES_MAX}: cut it into smaller tasks`;
    return fail(failure('limit_exceeded', `${call.operator} on WASM: ${limit}`));
  }
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return succeed(null);
  try {
    memory.grow(Math.ceil(missing / PAGE_BYTES));
    return succeed(null);
  } catch {
    return outOfMemory(call, bytes);
  }
}

function outOfMemory(call: OperatorCall, bytes: number): Outcome<never> {
  const remedy = 'lend less or close other pages';
  return fail(failure('out_of_memory', `${call.operator} needs ${bytes} bytes more: ${remedy}`));
}

function compute(
  wasm: WasmExports,
  of: { call: OperatorCall; output: TensorSignature; places: Places },
): Tensor {
  const { call, output, places } = of;
  const [left, right] = call.inputs;
  assert(left !== undefined, `${call.operator} was checked to have inputs`);
  const memory = new Uint8Array(wasm.memory.buffer);
  memory.set(left.bytes, places.left);
  if (right) memory.set(right.bytes, places.right);
  if (elementCount(output.shape) > 0) dispatch(wasm, { call, left, right, places });
  const end = places.output + tensorBytes(output);
  return { ...output, bytes: memory.slice(places.output, end) };
}

function dispatch(
  wasm: WasmExports,
  of: { call: OperatorCall; left: Tensor; right: Tensor | undefined; places: Places },
): void {
  const { operator, axis = 0 } = of.call;
  const { left: a, right: b, output: out } = of.places;
  const [m = 1, k = 1] = of.left.shape;
  const n = of.right?.shape[1] ?? 1;
  if (isElementWise(operator)) return dispatchElementWise(wasm, { ...of, operator });
  if (isReduction(operator)) {
    const { outer, count, inner } = aroundAxis(of.left.shape, axis);
    return wasm.reduce(REDUCTIONS.indexOf(operator), a, out, outer, count, inner);
  }
  if (isUnary(operator)) {
    return wasm.unary(UNARY.indexOf(operator), a, out, elementCount(of.left.shape));
  }
  switch (operator) {
    case 'matmul':
      return wasm.matmul(a, b, out, m, k, n);
    case 'qmatmul':
      return wasm.qmatmul(a, b, out, m, k, n);
    case 'transpose':
      return wasm.transpose(a, out, m, k);
    default:
      return assertNever(operator);
  }
}

function dispatchElementWise(
  wasm: WasmExports,
  of: { operator: ElementWiseOperator; left: Tensor; right: Tensor | undefined; places: Places },
): void {
  const { left: a, right: b, output: out } = of.places;
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
