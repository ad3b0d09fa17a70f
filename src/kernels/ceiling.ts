import { assert } from '../domain/assert.ts';
import { failure } from '../domain/failure.ts';
import { CEILING_BYTES_MAX } from '../domain/limits.ts';
import { fail, succeed, type Outcome } from '../domain/outcome.ts';
import { CEILING_PLAIN, CEILING_RELAXED } from './gen/ceiling.ts';

/** Loops to time: what one core can do at most in the instructions of the WASM kernels. */
export type Ceiling = {
  /** Multiplies and adds f32 in registers; returns the operations, two a product. */
  multiplyFloats(turns: number): number;
  /** As `multiplyFloats`, bytes, in each way that the kernels know. */
  readonly multiplyBytes: readonly ((turns: number) => number)[];
  /** Reads `bytes` bytes (at most CEILING_BYTES_MAX) of memory, one behind the other. */
  readMemory(bytes: number): void;
  /** Reads half of `bytes` bytes (at most CEILING_BYTES_MAX) of memory, and writes the other half. */
  copyMemory(bytes: number): void;
};

/** What `ceiling.as.ts` exports. */
type CeilingExports = {
  readonly memory: WebAssembly.Memory;
  vectorsOf(turns: number): number;
  multiplyFloats(turns: number): number;
  multiplyBytesFused(turns: number): number;
  multiplyBytesByPairs(turns: number): number;
  readingStart(): number;
  fillMemory(from: number, bytes: number): void;
  readMemory(from: number, bytes: number): number;
  copyMemory(from: number, bytes: number): void;
};

const PAGE_BYTES = 65_536;

/**
 * Opens the loops in the best build that this engine validates.
 *
 * The caller times them, after some turns to compile: by the wall in a page, by CPU time in a bench.
 *
 * Errors: backend_unsupported (no WebAssembly SIMD), out_of_memory.
 */
export function openCeiling(): Outcome<Ceiling> {
  for (const text of [CEILING_RELAXED, CEILING_PLAIN]) {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    if (!WebAssembly.validate(bytes)) continue;
    try {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
      // The module was compiled from ceiling.as.ts, whose exports CeilingExports repeats.
      return succeed(ceilingOf(exports as unknown as CeilingExports));
    } catch (cause) {
      return fail(failure('out_of_memory', `cannot start the ceiling: ${String(cause)}`));
    }
  }
  const remedy = 'use an engine with WebAssembly SIMD: any current one';
  return fail(failure('backend_unsupported', `no WebAssembly SIMD here: ${remedy}`));
}

/** Lanes of a vector, and operations of a lane. */
const FLOAT_OPERATIONS = 4 * 2;
const BYTE_OPERATIONS = 16 * 2;

function ceilingOf(wasm: CeilingExports): Ceiling {
  const from = wasm.readingStart();
  const provide = (bytes: number): void => {
    assert(bytes <= CEILING_BYTES_MAX, 'a ceiling takes no more memory than its limit');
    const missing = from + bytes - wasm.memory.buffer.byteLength;
    if (missing <= 0) return;
    wasm.memory.grow(Math.ceil(missing / PAGE_BYTES));
    wasm.fillMemory(from, bytes);
  };
  return {
    multiplyFloats: (turns) => {
      wasm.multiplyFloats(turns);
      return wasm.vectorsOf(turns) * FLOAT_OPERATIONS;
    },
    multiplyBytes: [wasm.multiplyBytesFused, wasm.multiplyBytesByPairs].map(
      (loop) => (turns: number) => {
        loop(turns);
        return wasm.vectorsOf(turns) * BYTE_OPERATIONS;
      },
    ),
    readMemory: (bytes) => {
      provide(bytes);
      wasm.readMemory(from, bytes);
    },
    copyMemory: (bytes) => {
      provide(bytes);
      wasm.copyMemory(from, bytes);
    },
  };
}
