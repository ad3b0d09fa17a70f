import { DRAFT_MEMORY_BYTES_MAX } from '../../domain/limits.ts';
import { failure } from '../../domain/failure.ts';
import type { OperatorName } from '../../domain/operator.ts';
import { fail, succeed, type Outcome } from '../../domain/outcome.ts';
import { freshMemory, type Scratch } from '../../domain/scratch.ts';
import { elementCount, tensorBytes, type Shape, type Tensor } from '../../domain/tensor.ts';
import { casesOf } from '../cases.ts';
import { checkedCall } from '../checked-call.ts';
import type { Kernels, OperatorCall } from '../kernels.ts';
import { boundedModule } from './bounded-module.ts';
import type { OpenedDraft } from './draft.ts';

/** The function that a module exports. */
export const DRAFT_FUNCTION = 'run';
/** Words that each tensor's shape takes in the sizes: dimensions that it lacks are 1. */
const SHAPE_WORDS = 8;
/** What lies between operands, and must not change: as far as a vector reaches past an end. */
const GUARD_BYTES = 64;
const PAGE_BYTES = 65_536;
/** What the result and the guards hold before a run: as f32 -1.7e38, which nothing should be. */
const FILL = 0xfe;

type Run = (...addresses: readonly number[]) => unknown;

/**
 * Compiles a WASM module for an operator, and starts it.
 *
 * It exports `memory`, and `run(sizes, inputs…, result)` of byte addresses; it imports nothing. Its
 * own code runs here already where it has a start function: a worker that can be ended is the place.
 */
export async function openWasmDraft(of: {
  readonly operator: OperatorName;
  readonly module: Uint8Array;
}): Promise<OpenedDraft> {
  const { operator } = of;
  try {
    // Tells what is wrong with the bytes in words, before they are cut up.
    const module = await WebAssembly.compile(of.module.slice());
    const imports = WebAssembly.Module.imports(module).map((one) => `${one.module}.${one.name}`);
    if (imports.length > 0) {
      const remedy = 'a draft is given none (AssemblyScript: --use abort= and --runtime stub)';
      return refused(`it imports ${imports.slice(0, 5).join(', ')}: ${remedy}`);
    }
    const bounded = boundedModule(of.module, DRAFT_MEMORY_BYTES_MAX);
    if (bounded.kind === 'refused') return bounded;
    const { instance } = await WebAssembly.instantiate(bounded.bytes);
    return opened(instance.exports, operator);
  } catch (cause) {
    if (cause instanceof WebAssembly.CompileError)
      return refused(`it is no module: ${cause.message}`);
    return refused(`it does not start: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function opened(exports: WebAssembly.Exports, operator: OperatorName): OpenedDraft {
  const { memory, [DRAFT_FUNCTION]: run } = exports;
  const names = Object.keys(exports).slice(0, 10).join(', ') || 'nothing';
  if (!(memory instanceof WebAssembly.Memory)) {
    return refused(`it exports no memory named "memory", but ${names}`);
  }
  if (typeof run !== 'function') {
    return refused(`it exports no function named "${DRAFT_FUNCTION}", but ${names}`);
  }
  const inputs = casesOf(operator)[0]?.call.inputs.length ?? 0;
  if (run.length !== inputs + 2) {
    const wanted = `sizes, ${inputs === 1 ? 'its input' : `its ${inputs} inputs`}, and the result`;
    return refused(`its "run" takes ${run.length} addresses, not ${inputs + 2}: ${wanted}`);
  }
  // Any function that a module exports can be called with numbers; where it wants others, it throws.
  const of = { memory, run: run as Run, operator, start: memory.buffer.byteLength };
  const kernels = new DraftKernels({ ...of, isGuarded: true });
  const timed = new DraftKernels({ ...of, isGuarded: false });
  return { kind: 'open', kernels, timed, messages: [] };
}

function refused(why: string): OpenedDraft {
  return { kind: 'refused', why };
}

/** One operator, by a module that may do anything within its own memory. */
class DraftKernels implements Kernels {
  readonly backend = 'wasm';
  readonly operators: ReadonlySet<OperatorName>;
  readonly lost = new Promise<string>(() => {});
  readonly #memory: WebAssembly.Memory;
  readonly #run: Run;
  /** What lies before belongs to the module: its data and its stack. */
  readonly #start: number;
  /** Whether a run is held to what it may write: which takes longer than many a run. */
  readonly #isGuarded: boolean;

  constructor(of: {
    readonly memory: WebAssembly.Memory;
    readonly run: Run;
    readonly operator: OperatorName;
    readonly start: number;
    readonly isGuarded: boolean;
  }) {
    this.operators = new Set([of.operator]);
    this.#memory = of.memory;
    this.#run = of.run;
    this.#start = of.start;
    this.#isGuarded = of.isGuarded;
  }

  async run(call: OperatorCall, into: Scratch = freshMemory): Promise<Outcome<Tensor>> {
    const output = checkedCall(call);
    if (!output.ok) return output;
    const outputBytes = tensorBytes(output.value);
    if (elementCount(output.value.shape) === 0) {
      return succeed({ ...output.value, bytes: new Uint8Array(0) });
    }
    const shapes = [...call.inputs.map(({ shape }) => shape), output.value.shape];
    const sizes = sizesOf(shapes, call.axis ?? 0);
    const given = [sizes, ...call.inputs.map(({ bytes }) => bytes)];
    const places = placesOf([...given.map(({ length }) => length), outputBytes], this.#start);
    const grown = this.#grow(places.end);
    if (!grown.ok) return grown;
    const before = new Uint8Array(this.#memory.buffer);
    if (this.#isGuarded) before.fill(FILL, this.#start, places.end);
    for (const [index, bytes] of given.entries()) before.set(bytes, places.starts[index]);
    try {
      this.#run(...places.starts);
    } catch (cause) {
      return broken(cause instanceof Error ? `it ended with "${cause.message}"` : 'it threw');
    }
    // Where it grew its memory, the former view is empty.
    const memory = new Uint8Array(this.#memory.buffer);
    const out = places.starts.at(-1) ?? 0;
    const written = { given, places, out, outputBytes, start: this.#start };
    const changed = this.#isGuarded ? changedOf(memory, written) : null;
    if (changed !== null) return broken(changed);
    const result = { ...output.value, bytes: into(outputBytes) };
    result.bytes.set(memory.subarray(out, out + outputBytes));
    return succeed(result);
  }

  close(): void {}

  #grow(bytes: number): Outcome<null> {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing <= 0) return succeed(null);
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
      return succeed(null);
    } catch {
      const limit = `the operands need ${bytes} bytes of its memory, above its maximum`;
      return fail(failure('out_of_memory', `${limit} (at most ${DRAFT_MEMORY_BYTES_MAX})`));
    }
  }
}

type Places = { readonly starts: readonly number[]; readonly end: number };

/** Behind each other from `start` on, each on its own 64 bytes, with guards around. */
function placesOf(lengths: readonly number[], start: number): Places {
  const starts: number[] = [];
  let free = start + GUARD_BYTES;
  for (const length of lengths) {
    starts.push(free);
    free = Math.ceil((free + length) / 64) * 64 + GUARD_BYTES;
  }
  return { starts, end: free };
}

/** What the module changed that it must not; null where it kept to its result. */
function changedOf(
  memory: Uint8Array,
  of: {
    readonly given: readonly Uint8Array[];
    readonly places: Places;
    readonly out: number;
    readonly outputBytes: number;
    readonly start: number;
  },
): string | null {
  let free = of.start;
  for (const [index, place] of of.places.starts.entries()) {
    if (!isFilled(memory.subarray(free, place))) return writtenAt(free, place, of);
    const bytes = of.given[index];
    free = place + (bytes?.length ?? of.outputBytes);
    if (bytes === undefined || isSame(memory.subarray(place, free), bytes)) continue;
    return index === 0 ? 'it changed the sizes' : `it changed its input ${index - 1}`;
  }
  if (isFilled(memory.subarray(free, of.places.end))) return null;
  return writtenAt(free, of.places.end, of);
}

function writtenAt(
  from: number,
  to: number,
  { out, outputBytes }: { out: number; outputBytes: number },
): string {
  if (to === out) return 'it wrote before the beginning of its result';
  if (from === out + outputBytes) return 'it wrote past the end of its result';
  return `it wrote between its operands, ${out - from} bytes before its result`;
}

function isFilled(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === FILL);
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, index) => byte === right[index]);
}

function sizesOf(shapes: readonly Shape[], axis: number): Uint8Array {
  const words = new Uint32Array(shapes.length * SHAPE_WORDS + 1).fill(1);
  for (const [index, shape] of shapes.entries()) words.set(shape, index * SHAPE_WORDS);
  words[words.length - 1] = axis;
  return new Uint8Array(words.buffer);
}

function broken(why: string): Outcome<never> {
  return fail(failure('execution_failed', why));
}
