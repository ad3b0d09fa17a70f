import { assert } from '../../domain/assert.ts';
import { tensorBytes, type Tensor } from '../../domain/tensor.ts';
import { HALVES_PLAIN } from '../gen/halves.ts';

/**
 * A matrix of f32 in half the bytes, as `right-halves.wgsl` reads it; null where that changes a value.
 *
 * Weights that were published in f16 are such a matrix. Zeros of both signs, f16's normal numbers and
 * its subnormal ones are kept. Infinities and NaN are not, because shaders may assume that they never
 * occur. The first element that is not kept ends it: in a matrix of f32 proper, one of the first.
 *
 * Shapes: [k,n] f32 row-major -> bytes of k rows of ceil(n / 2) little-endian words, each with two
 * neighbouring columns as f16, the left one in its low half; a column that lacks is zero.
 * Limits: reads k n elements and allocates half of their bytes. Null too without WebAssembly SIMD.
 * Errors: asserts that the matrix has the bytes of its shape.
 */
export function inHalves(matrix: Tensor): Uint8Array<ArrayBuffer> | null {
  const wasm = opened();
  const [k = 0, n = 0] = matrix.shape;
  assert(matrix.bytes.byteLength === tensorBytes(matrix), 'a checked operand has its bytes');
  if (wasm === null) return null;
  const start = wasm.halvesStart();
  const slab = new Uint8Array(wasm.memory.buffer, start, SLAB_BYTES + SPARE_BYTES);
  // Even rows lie one behind the other, as one row would.
  const [rows, width] = n % 2 === 0 ? [1, k * n] : [k, n];
  const packed = new Uint8Array(rows * (width + (width % 2)) * 2);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * width * 4;
    for (let from = row * width * 4; from < end; from += SLAB_BYTES) {
      const bytes = Math.min(SLAB_BYTES, end - from);
      const whole = Math.ceil(bytes / SPARE_BYTES) * SPARE_BYTES;
      slab.set(matrix.bytes.subarray(from, from + bytes));
      slab.fill(0, bytes, whole);
      if (wasm.packHalves(start, start, whole / 4) === 0) return null;
      const words = Math.ceil(bytes / 8);
      packed.set(slab.subarray(0, words * 4), at);
      at += words * 4;
    }
  }
  return packed;
}

/** What is packed at a time: caches have it still when it is copied on. */
const SLAB_BYTES = 32 * 1024;
/** What `packHalves` takes at least. */
const SPARE_BYTES = 32;

/** What `halves.as.ts` exports. */
type HalvesExports = {
  readonly memory: WebAssembly.Memory;
  halvesStart(): number;
  packHalves(from: number, to: number, count: number): number;
};

let isOpened = false;
let instance: HalvesExports | null = null;

/** Compiled when it is first asked for; null where the engine lacks its instructions. */
function opened(): HalvesExports | null {
  if (isOpened) return instance;
  isOpened = true;
  const bytes = Uint8Array.from(atob(HALVES_PLAIN), (char) => char.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  // The module was compiled from halves.as.ts, whose exports HalvesExports repeats.
  instance = exports as unknown as HalvesExports;
  if (instance.memory.buffer.byteLength < instance.halvesStart() + SLAB_BYTES + SPARE_BYTES) {
    instance.memory.grow(1);
  }
  return instance;
}
