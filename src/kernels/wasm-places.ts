import { failure } from '../domain/failure.ts';
import { WASM_MEMORY_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { rowBytes, tensorBytes } from '../domain/tensor.ts';
import type { OperatorCall } from './kernels.ts';
import type { TensorSignature } from './operator-output.ts';
import { FEW_ROWS_MAX, isProduct, slabRows } from './wasm-product.ts';

/** Where the operands of a call lie in WASM memory. */
export type Places = {
  readonly left: number;
  /** Of a product, room for one slab of the right matrix. */
  readonly right: number;
  readonly output: number;
  /** Of a product of few rows, room for sums, as large as the output. */
  readonly partial: number;
  readonly end: number;
};

/** Places the operands of a call behind `start`. */
export function placesOf(
  call: OperatorCall,
  { output, start }: { output: TensorSignature; start: number },
): Places {
  const [left] = call.inputs;
  const afterLeft = alignedAfter(start, left?.bytes.byteLength ?? 0);
  const afterRight = alignedAfter(afterLeft, rightBytes(call));
  const partial = alignedAfter(afterRight, tensorBytes(output));
  const isFew = isProduct(call.operator) && (left?.shape[0] ?? 0) <= FEW_ROWS_MAX;
  const end = isFew ? alignedAfter(partial, tensorBytes(output)) : partial;
  return { left: start, right: afterLeft, output: afterRight, partial, end };
}

function rightBytes(call: OperatorCall): number {
  const [left, right] = call.inputs;
  if (left === undefined || right === undefined) return 0;
  // A scalar is stored four times, to fill a vector.
  if (!isProduct(call.operator)) return Math.max(16, right.bytes.byteLength);
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

/** What a call fails with that found no memory. */
export function outOfMemory(call: OperatorCall, bytes: number): Outcome<never> {
  const remedy = 'lend less or close other pages';
  return fail(failure('out_of_memory', `${call.operator} needs ${bytes} bytes more: ${remedy}`));
}
