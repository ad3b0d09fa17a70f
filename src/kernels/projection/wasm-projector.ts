import { assert } from '../../domain/assert.ts';
import { failure } from '../../domain/failure.ts';
import { PROJECTION_FACTOR_BYTES_MAX } from '../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { rowBytes, type Tensor } from '../../domain/tensor.ts';
import { PROJECTION_PLAIN, PROJECTION_RELAXED } from '../gen/projection.ts';
import type { WasmBuild } from '../wasm-kernels.ts';
import type { ColumnSizes, FloatGroup } from './projection.ts';

/** What `projection.as.ts` exports; all numbers are byte addresses, sizes or counts. */
type ProjectionExports = {
  readonly memory: WebAssembly.Memory;
  projectionStart(): number;
  projectBytes(
    matrix: number,
    rows: number,
    columns: number,
    low: number,
    high: number,
    out: number,
    signed: number,
  ): number;
  projectWords(
    matrix: number,
    rows: number,
    columns: number,
    factors: number,
    out: number,
    fold: number,
  ): number;
  projectFloats(
    matrix: number,
    rows: number,
    columns: number,
    stride: number,
    factors: number,
    pitch: number,
    out: number,
    outPitch: number,
    squares: number,
  ): void;
  addColumnSizes(
    matrix: number,
    rows: number,
    columns: number,
    sums: number,
    magnitudes: number,
    squares: number,
  ): void;
};

/**
 * Opens the projections in the best build that this engine validates; at once, nothing is awaited.
 *
 * Errors: backend_unsupported (no WebAssembly SIMD), out_of_memory.
 */
export function openWasmProjector(): Outcome<WasmProjector> {
  const relaxed = openProjectorBuild('relaxed');
  if (relaxed.ok || relaxed.failure.code !== 'backend_unsupported') return relaxed;
  return openProjectorBuild('plain');
}

/** Opens one build. Errors: backend_unsupported (the engine lacks it), out_of_memory. */
export function openProjectorBuild(build: WasmBuild): Outcome<WasmProjector> {
  const text = build === 'relaxed' ? PROJECTION_RELAXED : PROJECTION_PLAIN;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) {
    const remedy = 'use an engine with WebAssembly SIMD: any current one';
    return fail(failure('backend_unsupported', `no WebAssembly ${build} SIMD here: ${remedy}`));
  }
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    // The module was compiled from projection.as.ts, whose exports ProjectionExports repeats.
    return succeed(new WasmProjector(exports as unknown as ProjectionExports));
  } catch (cause) {
    return fail(failure('out_of_memory', `cannot start the projections: ${String(cause)}`));
  }
}

/** Rows of a matrix that are copied in at once: they are still in the second-level cache. Bytes. */
const STRIP_BYTES = 128 * 1024;
/** What the kernels may read behind a strip or a list of factors. Bytes. */
const BEHIND_BYTES = 16;
const PAGE_BYTES = 65_536;

/**
 * Projections on WASM. Memory: a strip of rows, what comes out of it, then lists of factors, which
 * stay for the next call that names the same ones, until all are forgotten together.
 */
export class WasmProjector {
  readonly #wasm: ProjectionExports;
  /** By encoding and identity: a list may stand here for words and for bytes. */
  readonly #places = new Map<unknown, Map<Int32Array | Float64Array, number>>();
  #bytes: Uint8Array;
  #stripBytes = STRIP_BYTES;
  #outBytes = STRIP_BYTES;
  #end = 0;

  constructor(wasm: ProjectionExports) {
    this.#wasm = wasm;
    this.#bytes = new Uint8Array(wasm.memory.buffer);
    this.#forgetFactors();
  }

  /** As `exactReference`; residues mean nothing where an element is above `magnitudeMax`. */
  exact(
    matrix: Tensor,
    { factors, magnitudeMax }: { factors: Int32Array; magnitudeMax: number },
  ): { residues: Uint32Array; largest: number } {
    const { rows, columns } = sidesOf(matrix);
    const residues = new Uint32Array(rows);
    // Factors are below 2^30 in magnitude.
    const fold = Math.max(
      1,
      Math.min(2 ** 20, Math.floor(2 ** 32 / Math.max(1, magnitudeMax)) - 1),
    );
    let largest = 0;
    this.#reserve(matrix, 4);
    for (const strip of this.#strips(matrix)) {
      const { wasm, start, out } = this.#at();
      let found: number;
      if (matrix.dtype === 'int32') {
        const at = this.#placeOf(factors, wordFactors);
        found = wasm.projectWords(start, strip.count, columns, at, out, fold);
      } else {
        const low = this.#placeOf(factors, byteFactors);
        const high = low + 2 * paddedCount(columns);
        const signed = matrix.dtype === 'int8' ? 1 : 0;
        found = wasm.projectBytes(start, strip.count, columns, low, high, out, signed);
      }
      largest = Math.max(largest, found >>> 0);
      residues.set(this.#words(strip.count), strip.first);
    }
    return { residues, largest };
  }

  /** As `floatsReference`; the squares are empty where not asked for. */
  floats(
    matrix: Tensor,
    { groups, squares: squared }: { groups: readonly FloatGroup[]; squares: boolean },
  ): { sums: Float64Array; squares: Float64Array } {
    const { rows, columns } = sidesOf(matrix);
    const perRow = 4 * groups.length;
    const sums = new Float64Array(rows * perRow);
    const squares = new Float64Array(squared ? rows : 0);
    this.#reserve(matrix, 8 * (perRow + 1));
    for (const { first, count } of this.#strips(matrix)) {
      for (const [index, group] of groups.entries()) {
        const width = group.columns.end - group.columns.start;
        const factors = this.#placeOf(group.factors, floatFactors);
        const { wasm, start, out } = this.#at();
        const from = start + 4 * group.columns.start;
        const to = out + 32 * index;
        const squaresTo = squared && index === 0 ? out + 8 * count * perRow : 0;
        const pitch = 8 * perRow;
        wasm.projectFloats(from, count, width, columns, factors, 8 * width, to, pitch, squaresTo);
      }
      const made = this.#doubles(count * (perRow + 1));
      sums.set(made.subarray(0, count * perRow), first * perRow);
      if (squared) squares.set(made.subarray(count * perRow), first);
    }
    return { sums, squares };
  }

  /** As `columnSizesReference`. */
  columnSizes(matrix: Tensor): ColumnSizes {
    const { columns } = sidesOf(matrix);
    this.#reserve(matrix, 0, 3 * 8 * columns);
    const { wasm, start, out } = this.#at();
    this.#doubles(3 * columns).fill(0);
    for (const { count } of this.#strips(matrix)) {
      const [magnitudes, squares] = [out + 8 * columns, out + 16 * columns];
      wasm.addColumnSizes(start, count, columns, out, magnitudes, squares);
    }
    const made = this.#doubles(3 * columns);
    const third = (index: number) => made.slice(index * columns, (index + 1) * columns);
    return { sums: third(0), magnitudes: third(1), squares: third(2) };
  }

  #at(): { wasm: ProjectionExports; start: number; out: number } {
    const start = this.#wasm.projectionStart();
    return { wasm: this.#wasm, start, out: start + this.#stripBytes + 64 };
  }

  /** Makes room for a strip of at least one row, and for what comes of it. */
  #reserve(matrix: Tensor, outBytesPerRow: number, outBytes = 0): void {
    const size = rowBytes(matrix);
    const strip = aligned(Math.max(STRIP_BYTES, size));
    const stripRows = Math.max(1, Math.floor(strip / Math.max(1, size)));
    const rows = Math.min(matrix.shape[0] ?? 0, stripRows);
    const out = aligned(Math.max(STRIP_BYTES, rows * outBytesPerRow, outBytes));
    if (strip === this.#stripBytes && out <= this.#outBytes) return;
    this.#stripBytes = strip;
    this.#outBytes = out;
    this.#forgetFactors();
  }

  /** Copies some rows in at a time. */
  *#strips(matrix: Tensor): Generator<{ readonly first: number; readonly count: number }> {
    const { rows } = sidesOf(matrix);
    const size = rowBytes(matrix);
    const most = Math.max(1, Math.floor(this.#stripBytes / Math.max(1, size)));
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      const { start } = this.#at();
      const end = start + count * size;
      this.#bytes.set(matrix.bytes.subarray(first * size, (first + count) * size), start);
      this.#bytes.fill(0, end, end + BEHIND_BYTES);
      yield { first, count };
    }
  }

  #forgetFactors(): void {
    this.#places.clear();
    this.#end = this.#at().out + this.#outBytes + 64;
    this.#grow(this.#end);
  }

  #placeOf<Factors extends Int32Array | Float64Array>(
    factors: Factors,
    encode: (factors: Factors) => Uint8Array,
  ): number {
    const known = this.#places.get(encode)?.get(factors);
    if (known !== undefined) return known;
    const bytes = encode(factors);
    const first = this.#at().out + this.#outBytes + 64;
    if (this.#end + bytes.byteLength > first + PROJECTION_FACTOR_BYTES_MAX) this.#forgetFactors();
    const place = this.#end;
    this.#end = aligned(place + bytes.byteLength + BEHIND_BYTES);
    this.#grow(this.#end);
    this.#bytes.set(bytes, place);
    const places = this.#places.get(encode) ?? new Map<Int32Array | Float64Array, number>();
    this.#places.set(encode, places.set(factors, place));
    return place;
  }

  #grow(end: number): void {
    const { memory } = this.#wasm;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#bytes = new Uint8Array(memory.buffer);
  }

  #words(count: number): Uint32Array {
    return new Uint32Array(this.#bytes.buffer, this.#at().out, count);
  }

  #doubles(count: number): Float64Array {
    return new Float64Array(this.#bytes.buffer, this.#at().out, count);
  }
}

function sidesOf({ shape }: Tensor): { readonly rows: number; readonly columns: number } {
  const [rows, columns] = shape;
  assert(rows !== undefined && columns !== undefined, 'matrices are projected');
  return { rows, columns };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** Factors of bytes come eight at a time, zero behind the last. */
function paddedCount(count: number): number {
  return Math.ceil(count / 8) * 8;
}

/** Each factor as low + 2^16 high, two lists of 16 bits. */
function byteFactors(factors: Int32Array): Uint8Array {
  const padded = paddedCount(factors.length);
  const halves = new Int16Array(2 * padded);
  for (const [index, factor] of factors.entries()) {
    const low = (factor << 16) >> 16;
    halves[index] = low;
    halves[padded + index] = (factor - low) >> 16;
  }
  return new Uint8Array(halves.buffer);
}

function wordFactors(factors: Int32Array): Uint8Array {
  const padded = new Int32Array(Math.ceil(factors.length / 4) * 4);
  padded.set(factors);
  return new Uint8Array(padded.buffer);
}

function floatFactors({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
