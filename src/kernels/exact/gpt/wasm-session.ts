import { failure } from '../../../domain/failure.ts';
import { EXACT_ROWS_MAX, WASM_MEMORY_BYTES_MAX } from '../../../domain/limits.ts';
import { fail, succeed, type Outcome } from '../../../domain/outcome.ts';
import type { WasmBuild } from '../../wasm-kernels.ts';
import { EXPONENTIALS } from '../attention/exponentials.ts';
import { checkedGpt, checkedTokens } from './check-gpt.ts';
import { embed } from './embed.ts';
import type { GptSession } from './gpt-session.ts';
import type { ExactGpt, ExactLayer } from './gpt.ts';
import { MODES, startExact, type ExactExports } from './wasm-exports.ts';
import { tuneDots } from './tune-dots.ts';
import {
  layoutOf,
  LOGIT_COLUMNS,
  STRETCH,
  paddedContext,
  type PlacedLayer,
  type PlacedNorm,
  type PlacedProduct,
  type WasmLayout,
} from './wasm-layout.ts';

/**
 * Opens an exact GPT on WASM, in the best build that this engine validates. Its weights are packed
 * once and stay in a memory of their own.
 *
 * Errors: as of `openWasmGptBuild`.
 */
export function openWasmGpt(gpt: ExactGpt): Outcome<GptSession> {
  const relaxed = openWasmGptBuild(gpt, 'relaxed');
  if (relaxed.ok || relaxed.failure.code !== 'backend_unsupported') return relaxed;
  return openWasmGptBuild(gpt, 'plain');
}

/**
 * Opens one build.
 *
 * Errors: as of `checkedGpt`; backend_unsupported (the engine lacks the instructions),
 * limit_exceeded (larger than WASM_MEMORY_BYTES_MAX), out_of_memory.
 */
export function openWasmGptBuild(gpt: ExactGpt, build: WasmBuild): Outcome<GptSession> {
  const checked = checkedGpt(gpt);
  if (!checked.ok) return checked;
  const wasm = startExact(build);
  if (!wasm.ok) return wasm;
  const layout = layoutOf(gpt, wasm.value.freeStart());
  if (layout.end > WASM_MEMORY_BYTES_MAX) {
    const limit = `${layout.end} bytes are above ${WASM_MEMORY_BYTES_MAX}`;
    return fail(failure('limit_exceeded', `a GPT on WASM: ${limit}: use a smaller model`));
  }
  const { memory } = wasm.value;
  try {
    const missing = layout.end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  } catch {
    const remedy = 'lend less or close other pages';
    return fail(failure('out_of_memory', `a GPT needs ${layout.end} bytes: ${remedy}`));
  }
  const session = new WasmGpt({ gpt, wasm: wasm.value, layout });
  tuneDots(wasm.value, { build, layout });
  return succeed(session);
}

const PAGE_BYTES = 65_536;

class WasmGpt implements GptSession {
  readonly #gpt: ExactGpt;
  readonly #layout: WasmLayout;
  readonly #context: number;
  #wasm: ExactExports | null;
  #length = 0;

  constructor({ gpt, wasm, layout }: { gpt: ExactGpt; wasm: ExactExports; layout: WasmLayout }) {
    this.#gpt = gpt;
    this.#wasm = wasm;
    this.#layout = layout;
    this.#context = paddedContext(gpt.config.context);
    place(gpt, { wasm, layout });
  }

  get length(): number {
    return this.#length;
  }

  restart(): void {
    this.#length = 0;
  }

  close(): void {
    this.#wasm = null;
  }

  async forward(tokens: readonly number[]): Promise<Outcome<Int32Array>> {
    const wasm = this.#wasm;
    if (!wasm) return fail(failure('execution_failed', 'this GPT was closed: open it anew'));
    const { config } = this.#gpt;
    const checked = checkedTokens(tokens, { config, length: this.#length });
    if (!checked.ok) return checked;
    const logits = logitsFor(tokens.length * config.vocabulary);
    if (!logits.ok) return logits;
    for (let start = 0; start < tokens.length; start += EXACT_ROWS_MAX) {
      const part = tokens.slice(start, start + EXACT_ROWS_MAX);
      this.#run(wasm, part, logits.value.subarray(start * config.vocabulary));
    }
    return logits;
  }

  #run(wasm: ExactExports, tokens: readonly number[], logits: Int32Array): void {
    const { residual, layers } = this.#layout;
    const { width } = this.#gpt.config;
    const rows = tokens.length;
    for (const [index, token] of tokens.entries()) {
      const at = residual + 4 * index * width;
      embed(this.#gpt, token, new Int32Array(wasm.memory.buffer, at, width));
    }
    for (const [index, layer] of this.#gpt.layers.entries()) {
      const places = layers[index];
      if (places) this.#runLayer(wasm, { layer, places, rows });
    }
    this.#writeLogits(wasm, { rows, logits });
    this.#length += rows;
  }

  #runLayer(
    wasm: ExactExports,
    { layer, places, rows }: { layer: ExactLayer; places: PlacedLayer; rows: number },
  ): void {
    const { residual, normal, wide, strips } = this.#layout;
    const { width, hidden } = this.#gpt.config;
    this.#norm(wasm, places.attentionNorm, rows);
    const all = { left: normal, rows, mode: MODES.store, out: wide, pitch: 12 * width, strips };
    multiply(wasm, places.queryKeyValue, all);
    this.#attend(wasm, { layer, places, rows });
    const add = { rows, mode: MODES.add, out: residual, pitch: 4 * width, strips };
    multiply(wasm, places.projection, { ...add, left: normal });
    this.#norm(wasm, places.perceptronNorm, rows);
    const table = places.activation;
    const up = {
      ...{ left: normal, rows, mode: MODES.activate, table },
      ...{ out: wide, pitch: hidden, strips },
    };
    multiply(wasm, places.up, up);
    multiply(wasm, places.down, { ...add, left: wide });
  }

  #attend(
    wasm: ExactExports,
    { layer, places, rows }: { layer: ExactLayer; places: PlacedLayer; rows: number },
  ): void {
    const { keys, keyBias, values } = places;
    const { normal, queries, wide, cosines, sines, exponentials } = this.#layout;
    const { scores, weights, sums, zeros } = this.#layout;
    const { width, heads } = this.#gpt.config;
    const at = [rows, width, heads, this.#length, this.#context] as const;
    wasm.remember(wide, ...at, cosines, sines, queries, keys, keyBias, values);
    const { score, attended } = layer;
    const scales = [score.multiplier, score.shift, attended.multiplier, attended.shift] as const;
    const scratch = [exponentials, scores, weights, sums, zeros] as const;
    wasm.attend(queries, ...at, keys, keyBias, values, ...scales, ...scratch, normal);
  }

  #norm(wasm: ExactExports, { of, gains }: PlacedNorm, rows: number): void {
    const { residual, normal } = this.#layout;
    wasm.norm(residual, normal, rows, this.#gpt.config.width, gains, of.shift);
  }

  #writeLogits(wasm: ExactExports, { rows, logits }: { rows: number; logits: Int32Array }): void {
    const { unembedding, finalNorm, normal, wide, strips } = this.#layout;
    const { vocabulary } = this.#gpt.config;
    this.#norm(wasm, finalNorm, rows);
    const pitch = 4 * LOGIT_COLUMNS;
    for (let first = 0; first < vocabulary; first += LOGIT_COLUMNS) {
      const columns = Math.min(LOGIT_COLUMNS, unembedding.columns - first);
      const part = {
        ...unembedding,
        columns,
        weights: unembedding.weights + first * unembedding.inner,
        small: unembedding.small + (first / 8) * Math.ceil(unembedding.inner / STRETCH),
        bias: unembedding.bias + 4 * first,
        multipliers: unembedding.multipliers + 4 * first,
      };
      multiply(wasm, part, { left: normal, rows, mode: MODES.store, out: wide, pitch, strips });
      const count = Math.min(columns, vocabulary - first);
      for (let row = 0; row < rows; row++) {
        const found = new Int32Array(wasm.memory.buffer, wide + row * pitch, count);
        logits.set(found, row * vocabulary + first);
      }
    }
  }
}

/** Room for logits; they are the one thing that a call allocates. */
function logitsFor(count: number): Outcome<Int32Array> {
  try {
    return succeed(new Int32Array(count));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const remedy = 'give fewer tokens at once';
    return fail(failure('out_of_memory', `${count} logits do not fit: ${remedy}`));
  }
}

function multiply(
  wasm: ExactExports,
  { of, inner, columns, weights, small, bias, multipliers }: PlacedProduct,
  to: {
    left: number;
    rows: number;
    mode: number;
    table?: number;
    out: number;
    pitch: number;
    strips: number;
  },
): void {
  const left = [to.left, inner, to.rows, inner] as const;
  const right = [weights, inner * 8, small, columns, bias, multipliers, of.shift] as const;
  wasm.product(...left, ...right, to.mode, to.table ?? 0, to.out, to.pitch, to.strips);
}

/** Copies a model into memory, its weights packed. */
function place(gpt: ExactGpt, { wasm, layout }: { wasm: ExactExports; layout: WasmLayout }): void {
  const { buffer } = wasm.memory;
  const bytes = new Uint8Array(buffer);
  const words = (at: number, values: Int32Array): void =>
    new Int32Array(buffer, at, values.length).set(values);
  const halves = (at: number, values: Int16Array): void =>
    new Int16Array(buffer, at, values.length).set(values);
  const norm = ({ of, gains }: PlacedNorm): void => words(gains, of.gains);
  const product = ({ of, inner, weights, small, bias, multipliers }: PlacedProduct): void => {
    new Int8Array(buffer, layout.staging, of.weights.length).set(of.weights);
    wasm.pack(layout.staging, inner, of.bias.length, weights, small);
    words(bias, of.bias);
    words(multipliers, of.multipliers);
  };
  for (const [index, places] of layout.layers.entries()) {
    norm(places.attentionNorm);
    norm(places.perceptronNorm);
    for (const name of ['queryKeyValue', 'projection', 'up', 'down'] as const) {
      product(places[name]);
    }
    bytes.set(gpt.layers[index]?.activation ?? [], places.activation);
  }
  norm(layout.finalNorm);
  product(layout.unembedding);
  halves(layout.cosines, gpt.rotary.cosines);
  halves(layout.sines, gpt.rotary.sines);
  bytes.set(EXPONENTIALS, layout.exponentials);
}
