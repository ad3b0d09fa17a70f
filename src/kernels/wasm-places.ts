import { failure } from '../domain/failure.ts';
import { WASM_MEMORY_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import type { Scratch } from '../domain/scratch.ts';
import { rowBytes, tensorBytes, type Tensor } from '../domain/tensor.ts';
import { definitionOf, isDefined } from './definitions.ts';
import type { OperatorCall } from './kernels.ts';
import type { TensorSignature } from './operator-output.ts';
import { isProduct } from './product.ts';
import { FEW_ROWS_MAX, slabRows } from './wasm-product.ts';

/** Where the operands of a call lie in WASM memory. */
export type Places = {
  /** In their order; of a product, the second has room for one slab of the right matrix. */
  readonly inputs: readonly number[];
  readonly output: number;
  /** Of a product of few rows, room for sums, as large as the output; else what a definition says. */
  readonly scratch: number;
  readonly end: number;
};

/** Places the operands of a call behind `start`. */
export function placesOf(
  call: OperatorCall,
  { output, start }: { output: TensorSignature; start: number },
): Places {
  const inputs: number[] = [];
  let free = start;
  for (const [index, { bytes }] of call.inputs.entries()) {
    inputs.push(free);
    // A scalar is stored four times, to fill a vector.
    const size = index === 1 ? slabBytes(call) : Math.max(16, bytes.byteLength);
    free = alignedAfter(free, size);
  }
  const scratch = alignedAfter(free, tensorBytes(output));
  const end = alignedAfter(scratch, scratchBytes(call, output));
  return { inputs, output: free, scratch, end };
}

function scratchBytes({ operator, inputs }: OperatorCall, output: TensorSignature): number {
  if (isDefined(operator)) {
    return definitionOf(operator).wasmScratchBytes?.(inputs.map(({ shape }) => shape)) ?? 0;
  }
  const isFew = isProduct(operator) && (inputs[0]?.shape[0] ?? 0) <= FEW_ROWS_MAX;
  return isFew ? tensorBytes(output) : 0;
}

/** Of the second operand, as much as is there at once. */
function slabBytes({ operator, inputs }: OperatorCall): number {
  const [left, right] = inputs;
  if (left === undefined || right === undefined) return 0;
  if (!isProduct(operator)) return Math.max(16, right.bytes.byteLength);
  return slabRows(left, right) * rowBytes(right);
}

function alignedAfter(start: number, bytes: number): number {
  return Math.ceil((start + bytes) / 64) * 64;
}

const PAGE_BYTES = 65_536;

/**
 * Grows memory to `bytes`.
 *
 * Errors: limit_exceeded, out_of_memory.
 */
export function ensureMemory(
  memory: WebAssembly.Memory,
  { call, bytes }: { call: OperatorCall; bytes: number },
): Outcome<null> {
  if (bytes > WASM_MEMORY_BYTES_MAX) return tooLarge(call, bytes);
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return succeed(null);
  try {
    memory.grow(Math.ceil(missing / PAGE_BYTES));
    return succeed(null);
  } catch {
    return outOfMemory(call, bytes);
  }
}

/**
 * What a call puts out, of whatever bytes `into` gives. Errors: limit_exceeded, out_of_memory.
 */
export function unfilledTensor(
  call: OperatorCall,
  { output, into }: { output: TensorSignature; into: Scratch },
): Outcome<Tensor> {
  const bytes = tensorBytes(output);
  if (bytes > WASM_MEMORY_BYTES_MAX) return tooLarge(call, bytes);
  try {
    return succeed({ ...output, bytes: into(bytes) });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return outOfMemory(call, bytes);
  }
}

function tooLarge({ operator }: OperatorCall, bytes: number): Outcome<never> {
  const limit = `${bytes} bytes are above ${WASM_MEMORY_BYTES_MAX}: cut it into smaller tasks`;
  return fail(failure('limit_exceeded', `${operator} on WASM: ${limit}`));
}

function outOfMemory(call: OperatorCall, bytes: number): Outcome<never> {
  const remedy = 'lend less or close other pages';
  return fail(failure('out_of_memory', `${call.operator} needs ${bytes} bytes more: ${remedy}`));
}
